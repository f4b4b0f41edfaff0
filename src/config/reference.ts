import type { Platform } from "../platforms/definition.ts";
import { commonAccount } from "./account-schema.ts";
import type { AccountSchemas } from "./accounts.ts";
import { commonEntry, enabled, recipientName, systemEnabled } from "./recipient-schema.ts";
import { type Language, words } from "./reference-words.ts";
import { relaySchema, tunnelSchema } from "./relay-schema.ts";
import { replierSchema } from "./replier-schema.ts";
import { type SectionName, sections } from "./schema.ts";
import { alternativesOf, type Field, fieldOf } from "./schema-fields.ts";

/** The reference of the configuration file as Markdown, made from the schemas that check it. */
export function configurationReference(
  language: Language,
  platforms: readonly Platform[],
  accounts: AccountSchemas,
): string {
  const say = words[language];
  const parts = [say.introduction];
  for (const name of Object.keys(sections) as SectionName[]) {
    parts.push(`## \`${name}\``, say.sections[name], table(rowsOf(fieldOf(sections[name]), ""), language));
  }
  const people = [
    { key: "name", field: fieldOf(recipientName), required: false },
    { key: "platforms.<platform>.enabled", field: fieldOf(enabled), required: false },
  ];
  const shared = rowsOf(fieldOf(commonEntry), "");
  parts.push("## `recipients`", say.recipients, table(people, language), say.entries, table(shared, language));
  for (const platform of platforms) parts.push(...platformParts(platform, language));
  const last = [{ key: "enabled", field: fieldOf(systemEnabled), required: false }];
  parts.push("## `system`", say.system, table(last, language));
  const common = rowsOf(fieldOf(commonAccount), "");
  parts.push("## `accounts`", say.accounts, table(common, language));
  for (const [platform, { account }] of accounts) {
    parts.push(`### \`platform: ${platform}\``, ...tables(fieldOf(account), language));
  }
  parts.push(say.deployed);
  parts.push("## `replies`", say.replies, table(rowsOf(fieldOf(replierSchema), ""), language));
  parts.push("## `relays`", say.relays, table(rowsOf(fieldOf(relaySchema), ""), language));
  parts.push("## `tunnels`", say.tunnels, table(rowsOf(fieldOf(tunnelSchema), ""), language));
  return `${parts.join("\n\n")}\n`;
}

function platformParts(platform: Platform, language: Language): string[] {
  const say = words[language];
  const names = [platform.id, ...platform.aliases].map((name) => `\`${name}\``).join(say.or);
  const parts = [`### ${platform.label[language]}`, say.platform(names, platform.listKey)];
  parts.push(...tables(fieldOf(platform.channel), language));
  if (platform.account) {
    parts.push(say.account(platform.id), table(rowsOf(fieldOf(platform.account), `${platform.id}.`), language));
  }
  return parts;
}

/** One table, or one for each variant under the key and value that choose it. */
function tables(field: Field, language: Language): string[] {
  if (!field.oneOf) return [table(rowsOf(field, ""), language)];
  return field.oneOf.flatMap((variant) => {
    const chosen = Object.entries(variant.properties ?? {}).find(([, child]) => child.const !== undefined);
    const title = chosen ? [`\`${chosen[0]}: ${String(chosen[1].const)}\``] : [];
    return [...title, table(rowsOf(variant, ""), language)];
  });
}

interface Row {
  readonly key: string;
  readonly field: Field;
  readonly required: boolean;
}

/** Leaves only: a section inside a section becomes `retry.attempts`, a list of sections `rate_limits[].messages`. */
function rowsOf(field: Field, prefix: string): Row[] {
  return Object.entries(field.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix + name;
    const row = { key, field: child, required: field.required?.includes(name) === true && child.default === undefined };
    if (child.properties) return rowsOf(child, `${key}.`);
    if (child.oneOf?.every((variant) => variant.properties)) {
      return child.oneOf.flatMap((variant) => rowsOf(variant, `${key}.`));
    }
    return child.items?.properties ? [row, ...rowsOf(child.items, `${key}[].`)] : [row];
  });
}

function table(rows: readonly Row[], language: Language): string {
  const { head, secret } = words[language];
  const lines = rows.map(({ key, field, required }) => {
    const meaning = (language === "zh" ? (field.zh ?? field.description) : field.description) ?? "";
    return line([
      `\`${key}\``,
      typeOf(field, language),
      standardOf(field, required, language),
      (field.secret ? `${secret}` : "") + meaning,
    ]);
  });
  return [line(head), line(head.map(() => "---")), ...lines].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll(/\||<(?!platform>)/g, "\\$&").replaceAll("\n", " ")).join(" | ")} |`;
}

function standardOf(field: Field, required: boolean, language: Language): string {
  if (required) return words[language].required;
  if (field.default === undefined || field.default === "") return "";
  const text = typeof field.default === "string" ? field.default : JSON.stringify(field.default);
  return `\`${text}\``;
}

function typeOf(field: Field, language: Language): string {
  const { types } = words[language];
  if (field.unit !== undefined) return types.duration(field.unit);
  if (field.const !== undefined) return `\`${String(field.const)}\``;
  if (field.enum) return field.enum.map((value) => `\`${String(value)}\``).join(" ");
  const [, ...alternatives] = alternativesOf(field);
  const plain = alternatives.filter(({ type }) => type !== undefined);
  if (plain.length > 0) return [...new Set(plain.map((each) => typeOf(each, language)))].join(words[language].or);
  const { minimum, maximum } = field;
  if (field.type === "integer" || field.type === "number") {
    return minimum === undefined || maximum === undefined ? types.number : `${types.number} ${minimum}–${maximum}`;
  }
  return types[field.type as "string" | "boolean" | "array" | "object"] ?? types.string;
}
