import type { Level, Message } from "../model/message.ts";
import { jsonCost } from "./byte-cost.ts";
import { shortened } from "./graphemes.ts";
import { withoutMentions } from "./mentions.ts";

/** Shown before a title, so that a level can be told without colours. */
const levelIcons: Readonly<Record<Level, string>> = { info: "ℹ️", warning: "⚠️", error: "🚨" };

/** A title longer than this is shown whole in the body and shortened above it. */
const titleBytes = 256;

export interface Headed {
  /** One line, with the level's icon, at most 300 bytes in JSON. Calls nobody. */
  readonly title: string;
  /** CommonMark. Begins with the whole title when that had to be shortened. */
  readonly body: string;
}

export function headed(message: Message): Headed {
  const title = visible(message.title).replace(/\s+/g, " ").trim();
  const body = visible(message.body).trim();
  const short = shortened(title, titleBytes, jsonCost);
  return {
    title: withoutMentions(`${levelIcons[message.level]} ${short}`.trim()),
    body: short === title ? body : `${title}\n\n${body}`.trim(),
  };
}

/** Line breaks as `\n`, no control characters (no platform shows them, some refuse them), no lone surrogates. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(/\p{Cc}/gu, (control) => (control === "\n" || control === "\t" ? control : ""));
}
