import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { platforms } from "../platforms/registry.ts";
import { commonAccount } from "./account-schema.ts";
import { accountSchemas } from "./account-schemas.ts";
import { commonEntry, enabled, recipientName, systemEnabled } from "./recipient-schema.ts";
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
    ["recipients", recipientName],
    ["platforms of recipients", enabled],
    ["entries of recipients", commonEntry],
    ["system", systemEnabled],
    ...platforms.flatMap(({ id, channel, account }): [string, z.ZodType][] => [
      [`channels of ${id}`, channel],
      ...(account ? [[`section ${id}`, account] as [string, z.ZodType]] : []),
    ]),
    ["accounts", commonAccount],
    ...[...accountSchemas].map(([platform, { account }]): [string, z.ZodType] => [`accounts of ${platform}`, account]),
    ["replies", replierSchema],
    ["relays", relaySchema],
    ["tunnels", tunnelSchema],
  ] as [string, z.ZodType][])("of %s has a meaning in both languages", (_name, schema) => {
    const field = fieldOf(schema);
    expect(isSilent(field), "the field itself").toBe(false);
    expect(silentKeys(field, "")).toEqual([]);
  });

  it("is looked at down to the innermost, and in all alternatives", () => {
    const inner = z.strictObject({ c: z.string(), d: z.string().meta({ description: "d" }) });
    const schema = z.strictObject({
      a: z.array(inner),
      b: z.union([z.string().meta({ description: "b", zh: "b" }), inner]),
    });
    expect(silentKeys(fieldOf(schema), "")).toEqual([".a", ".a[].c", ".a[].d", ".b.c", ".b.d"]);
  });
});

/** The keys without a meaning, or with one in one language only. */
function silentKeys(field: Field, path: string): string[] {
  return alternativesOf(field).flatMap(({ properties = {}, items }) => [
    ...Object.entries(properties).flatMap(([key, child]) => [
      ...(isSilent(child) ? [`${path}.${key}`] : []),
      ...silentKeys(child, `${path}.${key}`),
    ]),
    ...(items ? silentKeys(items, `${path}[]`) : []),
  ]);
}

/** A section speaks through its keys; whatever says something must say it in both. */
function isSilent(field: Field): boolean {
  const all = alternativesOf(field);
  if (all.some(({ description, zh }) => (description === undefined) !== (zh === undefined))) return true;
  const isSection = all.some(({ properties }) => properties !== undefined) && !field.items;
  return !isSection && !all.some(({ description }) => description !== undefined);
}
