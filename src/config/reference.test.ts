import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { commonAccount } from "./account-schema.ts";
import { accountSchemas } from "./account-schemas.ts";
import { configurationReference } from "./reference.ts";
import { relaySchema, tunnelSchema } from "./relay-schema.ts";
import { replierSchema } from "./replier-schema.ts";
import { sections } from "./schema.ts";
import { alternativesOf, type Field, fieldOf } from "./schema-fields.ts";

describe("the reference of the configuration", () => {
  it.each([
    ["en", "configuration.md"],
    ["zh", "configuration.zh-CN.md"],
  ] as const)(
    "in docs/ is what the schemas say now (%s); else run node scripts/generate-docs.ts",
    async (language, file) => {
      const committed = await readFile(new URL(`../../docs/${file}`, import.meta.url), "utf8");
      expect(committed).toBe(configurationReference(language, platforms, accountSchemas));
    },
  );
});

describe("every key of the file", () => {
  it.each([
    ...Object.entries(sections),
    ["accounts", commonAccount],
    ["replies", replierSchema],
    ["relays", relaySchema],
    ["tunnels", tunnelSchema],
  ] as const)("of %s has a meaning in both languages", (_name, schema) => {
    const silent: string[] = [];
    const visit = (field: Field, path: string) => {
      for (const [key, child] of Object.entries(field.properties ?? {})) {
        if (child.properties) visit(child, `${path}.${key}`);
        else if (!alternativesOf(child).some((each) => each.description && each.zh)) silent.push(`${path}.${key}`);
      }
    };
    visit(fieldOf(schema), "");
    expect(silent).toEqual([]);
  });
});
