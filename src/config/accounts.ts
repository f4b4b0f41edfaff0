import type * as z from "zod";
import { apps } from "../platforms/apps.ts";
import type { Platform } from "../platforms/definition.ts";
import { accountName, commonAccount, commonAccountKeys, platformAddresses } from "./account-schema.ts";
import type { ConfiguredAccount } from "./config.ts";
import { formatPath, type Path } from "./problem.ts";
import type { Reader } from "./reader.ts";
import { unknownKey } from "./wording.ts";

/** What an account of each platform is verified with, by the platform's id. */
export type AccountSchemas = ReadonlyMap<string, { readonly account: z.ZodType }>;

/** Reads `accounts`: who may call the hub, and what verifies it. */
export class AccountReader {
  readonly #reader: Reader;
  readonly #schemas: AccountSchemas;
  readonly #aliases: ReadonlyMap<string, string>;
  /** Where each account was described first, switched off or not, by `placeOf`. */
  readonly #described = new Map<string, Path>();

  constructor(reader: Reader, schemas: AccountSchemas, platforms: readonly Platform[]) {
    this.#reader = reader;
    this.#schemas = schemas;
    this.#aliases = new Map(platforms.flatMap(({ id, aliases }) => aliases.map((alias) => [alias, id] as const)));
  }

  /** The ones that are switched on. */
  accounts(): ConfiguredAccount[] {
    return [...this.#reader.section(["accounts"]).keys()].flatMap((key) => this.#account(key) ?? []);
  }

  /** Does the file say something of this account, if only that it is switched off? */
  describes(account: { readonly platform: string; readonly name: string }): boolean {
    return this.#described.has(placeOf(account));
  }

  #account(key: string): ConfiguredAccount | undefined {
    const path = ["accounts", key];
    if (!this.#isName(key, path)) return undefined;
    const node = this.#reader.node(path);
    if (!(node?.value instanceof Map)) {
      this.#reader.read(commonAccount, path);
      return undefined;
    }
    const used = this.#reader.read(commonAccount.shape.enabled, [...path, "enabled"]) !== false;
    const platform = this.#platform(path);
    const name = this.#reader.read(commonAccount.shape.name, [...path, "name"]) ?? key;
    const allowed = this.#reader.read(commonAccount.shape.allowed_addresses, [...path, "allowed_addresses"], {
      lenient: !used,
    });
    if (platform !== undefined && allowed?.includes(platformAddresses) && !apps.get(platform)?.addresses) {
      const message = `${platform} publishes no list of its addresses, expected them written out`;
      this.#reader.problem([...path, "allowed_addresses"], message);
    }
    const proxy = this.#reader.read(commonAccount.shape.proxy, [...path, "proxy"], { lenient: !used });
    if (platform === "email" && proxy !== undefined) {
      this.#reader.problem([...path, "proxy"], "a mailbox is not reached over HTTP, expected no proxy");
    }
    const schema = platform === undefined ? undefined : this.#schemas.get(platform)?.account;
    if (platform === undefined || schema === undefined) return undefined;
    const settings = this.#reader.read(schema, path, { without: commonAccountKeys, lenient: !used });
    if (this.#isTwin({ platform, name }, path) || !used || settings === undefined) return undefined;
    return {
      platform,
      name,
      settings,
      ...(allowed === undefined ? {} : { allowedAddresses: allowed }),
      ...(proxy === undefined ? {} : { proxy }),
    };
  }

  #isName(key: string, path: Path): boolean {
    if (accountName.safeParse(key).success) return true;
    const found = JSON.stringify(key.slice(0, 80));
    const place = this.#reader.node(path)?.keyAt;
    this.#reader.problem(path, `found ${found}, expected ${accountName.meta()?.expected}`, place);
    return false;
  }

  #platform(path: Path): string | undefined {
    const known = [...this.#schemas.keys()];
    if (this.#reader.node([...path, "platform"])?.value == null) {
      this.#reader.problem([...path, "platform"], `missing, expected one of ${known.join(", ")}`);
      return undefined;
    }
    const written = this.#reader.read(commonAccount.shape.platform, [...path, "platform"]);
    if (written === undefined) return undefined;
    const platform = this.#aliases.get(written) ?? written;
    if (this.#schemas.has(platform)) return platform;
    this.#reader.problem([...path, "platform"], unknownKey(written, known).replace("key", "platform"));
    return undefined;
  }

  #isTwin(account: { readonly platform: string; readonly name: string }, path: Path): boolean {
    const twin = this.#described.get(placeOf(account));
    if (!twin) {
      this.#described.set(placeOf(account), path);
      return false;
    }
    const { line } = this.#reader.placeOf(twin);
    this.#reader.problem(
      path,
      `the same platform and name as ${formatPath(twin)} (line ${line}), expected another name`,
    );
    return true;
  }
}

function placeOf({ platform, name }: { readonly platform: string; readonly name: string }): string {
  return `${platform}/${name}`;
}
