import fc from "fast-check";
import type { Message } from "../model/message.ts";

/** A Message with the words in its body that must still be there, in this order, when it has been rendered. */
export interface MarkedMessage {
  readonly message: Message;
  readonly words: readonly string[];
}

/** Any Message that the hub may be asked to render, hostile ones included. */
export function arbitraryMessage(): fc.Arbitrary<MarkedMessage> {
  return fc
    .record({
      title: fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }), fc.constantFrom(...hostile)),
      fragments: fc.array(fragment(), { maxLength: 40 }),
      level: fc.constantFrom("info" as const, "warning" as const, "error" as const),
      style: fc.constantFrom("text" as const, "card" as const),
      mentions: fc.option(mentions(), { nil: undefined }),
      actions: fc.option(fc.array(action(), { maxLength: 8 }), { nil: undefined }),
    })
    .map(({ fragments, ...message }) => {
      const words = fragments.map((_, index) => `word${index}x`);
      const body = fragments.map((write, index) => write(words[index] ?? "")).join("");
      return { message: { ...message, body }, words };
    });
}

type Fragment = (word: string) => string;

function fragment(): fc.Arbitrary<Fragment> {
  const noise = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.constantFrom(...hostile),
    fc.nat(6000).map((length) => "很长的一行".repeat(length / 5)),
    fc.nat(3000).map((length) => "👨‍👩‍👧‍👦".repeat(length / 11)),
    fc.nat(6000).map((length) => '"\\\u0001'.repeat(length / 3)),
  );
  return fc.oneof(
    // Backslashes and brackets before a word are the noise's own business; a blank keeps the word out of it.
    noise.map(
      (text): Fragment =>
        (word) =>
          `\n\n${singleLine(text)}\n\n${word} \n\n`,
    ),
    fc.constantFrom<Fragment>(
      (word) => ` ${word} `,
      (word) => `\n# ${word}\n`,
      (word) => `\n- **${word}**\n`,
      (word) => `\n[${word}](https://example.com/${word}?a=1)\n`,
      (word) => `\n\`\`\`ts\nconst ${word} = "<at user_id=all>";\n\`\`\`\n`,
      (word) => `\n| ${word} | b |\n| --- | --- |\n`,
      (word) => `\n> ${word}\n`,
    ),
  );
}

/** No fences, no tables: the noise must not swallow the words around it. */
function singleLine(text: string): string {
  return text.replace(/[\n\r`~|]/g, " ");
}

const hostile = [
  '<at user_id="all">所有人</at>',
  "<at id=all></at>",
  '<**at** user_id="all"></at>',
  "<@all>",
  "</font><@zhangsan>",
  "@所有人 @13800000000",
  "[[[[((((",
  "****____~~~~",
];

function mentions(): fc.Arbitrary<NonNullable<Message["mentions"]>> {
  const id = fc.oneof(fc.stringMatching(/^ou_[0-9a-f]{8,40}$/), fc.constantFrom(...hostile));
  return fc.record({
    all: fc.boolean(),
    users: fc.array(id, { maxLength: 80 }),
    mobiles: fc.array(fc.oneof(fc.stringMatching(/^1\d{10}$/), fc.constantFrom(...hostile)), { maxLength: 80 }),
  });
}

function action(): fc.Arbitrary<{ text: string; url: string }> {
  return fc.record({
    text: fc.string({ unit: "grapheme", maxLength: 60 }),
    url: fc.nat(3000).map((length) => `https://example.com/${"a)b".repeat(length / 3)}`),
  });
}
