import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Message } from "../model/message.ts";
import { errorKinds } from "../model/platform-error.ts";
import type { Platform } from "../platforms/definition.ts";
import { arbitraryMessage } from "./arbitrary-message.ts";
import { answersHold, expectReceipt } from "./platform-answers.ts";
import { context, type PlatformCases } from "./platform-cases.ts";

export type { Expected, PlatformCases } from "./platform-cases.ts";

/** The promises that every platform keeps. Called by each platform's own test; what is special to it follows there. */
export function platformContract(platform: Platform, cases: PlatformCases): void {
  describe(`the platform ${platform.id}`, () => {
    definitionHolds(platform, cases);
    if (cases.signatures) signaturesHold(cases.signatures);
    renderingHolds(platform, cases);
    if (cases.http) answersHold(platform, cases, cases.http);
    for (const { name, attempt, expected } of cases.attempts ?? []) {
      it(`gets the right Receipt for ${name}`, async () => expectReceipt(await attempt(), expected));
    }
  });
}

function definitionHolds(platform: Platform, cases: PlatformCases): void {
  it("has an id that can be stored for ever, and names", () => {
    expect(platform.id).toMatch(/^[a-z](?:-?[a-z0-9]){1,30}$/);
    for (const alias of [...platform.aliases, platform.apiName ?? platform.id])
      expect(alias).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
    expect(platform.label.en).not.toBe("");
    expect(platform.label.zh).not.toBe("");
    expect(["webhooks", "recipients", "notifications"]).toContain(platform.listKey);
  });

  it("has limits that can be kept", () => {
    expect(platform.limits.bytes.text).toBeGreaterThan(0);
    expect(platform.limits.bytes.card).toBeGreaterThan(0);
    for (const { messages, perMs } of platform.limits.rate) {
      expect(messages).toBeGreaterThan(0);
      expect(perMs).toBeGreaterThan(0);
    }
  });

  it("takes its Channel's settings, and tells where they lead", () => {
    const channel = platform.channel.parse(cases.channel);
    expect(platform.address(channel)).not.toBe("");
    expect(platform.address(channel)).toBe(platform.address(platform.channel.parse(cases.channel)));
  });

  it("refuses settings it does not know", () => {
    expect(platform.channel.safeParse({ ...cases.channel, sercet: "x" }).success).toBe(false);
    for (const garbage of [undefined, null, 1, "x", [], {}])
      expect(platform.channel.safeParse(garbage).success).toBe(false);
  });

  for (const { settings, says } of cases.badChannels) {
    it(`refuses ${JSON.stringify(settings)} and says ${says}`, () => {
      const parsed = platform.channel.safeParse(settings);
      expect(parsed.error && z.prettifyError(parsed.error)).toMatch(says);
    });
  }

  it("describes every setting", () => {
    const schemas = [platform.channel, ...(platform.account ? [platform.account] : [])];
    for (const schema of schemas) {
      for (const [name, description] of descriptionsIn(z.toJSONSchema(schema, { io: "input" }))) {
        expect(description, name).toMatch(/\S/);
      }
    }
  });

  it("knows its errors: kind, meaning, advice and source of each", () => {
    expect(Object.keys(platform.errors)).not.toHaveLength(0);
    for (const [code, row] of Object.entries(platform.errors)) {
      expect(errorKinds, code).toContain(row.kind);
      expect(row.meaning, code).toMatch(/\S/);
      expect(row.advice, code).toMatch(/\p{Script=Han}/u);
      expect(row.source, code).toMatch(/^https:\/\//);
      // A lane that waits has to know for how long.
      if (row.kind === "rate-limited") expect(row.retryAfterMs, code).toBeGreaterThan(0);
    }
  });
}

/** Name and description of each property, of each alternative. */
function descriptionsIn(schema: z.core.JSONSchema.BaseSchema): [string, string | undefined][] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const own = Object.entries(schema.properties ?? {}).map(([name, property]): [string, string | undefined] => [
    name,
    typeof property === "object" ? property.description : undefined,
  ]);
  return [
    ...own,
    ...alternatives.flatMap((alternative) => (typeof alternative === "object" ? descriptionsIn(alternative) : [])),
  ];
}

function signaturesHold(signatures: NonNullable<PlatformCases["signatures"]>): void {
  for (const { of, made, published } of signatures) {
    it(`signs ${of} as published`, () => expect(made).toBe(published));
  }
}

function renderingHolds(platform: Platform, cases: PlatformCases): void {
  const channel = platform.channel.parse(cases.channel);

  it("renders any Message within its limits, losing nothing and keeping the order", () => {
    fc.assert(
      fc.property(arbitraryMessage(), ({ message, words }) => {
        const payloads = platform.render(message, channel, context);
        expect(payloads.length).toBeGreaterThan(0);
        for (const payload of payloads) {
          expect(cases.measure(payload)).toBeLessThanOrEqual(platform.limits.bytes[message.style]);
        }
        const text = payloads.map(cases.textOf).join("\n");
        let from = 0;
        for (const word of words) {
          const at = text.indexOf(word, from);
          expect(at, `${word} after ${from}`).toBeGreaterThanOrEqual(from);
          from = at + word.length;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("has room for mentions and buttons however full the last part is", () => {
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}-with-a-long-name`);
    const actions = Array.from({ length: 5 }, (_, index) => ({ text: "查看", url: `https://example.com/${index}` }));
    for (const style of ["text", "card"] as const) {
      for (const extra of [{ actions }, { mentions: { users, all: true } }, { actions, mentions: { users } }]) {
        const limit = platform.limits.bytes[style];
        for (let length = Math.max(limit - 6_000, 0); length <= limit; length += 97) {
          const message: Message = { title: "磁盘", body: "x".repeat(length), level: "info", style, ...extra };
          for (const payload of platform.render(message, channel, context)) {
            expect(cases.measure(payload)).toBeLessThanOrEqual(limit);
          }
        }
      }
    }
  });

  it("renders the same Message the same way twice", () => {
    const message: Message = { title: "磁盘", body: "使用率 **95%**", level: "warning", style: "card" };
    expect(platform.render(message, channel, context)).toEqual(platform.render(message, channel, context));
  });

  it("tells the levels apart in both styles", () => {
    for (const style of ["text", "card"] as const) {
      const shown = (["info", "warning", "error"] as const).map((level) =>
        JSON.stringify(platform.render({ title: "磁盘", body: "使用率 95%", level, style }, channel, context)),
      );
      expect(new Set(shown).size).toBe(3);
    }
  });
}
