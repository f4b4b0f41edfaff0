import type { Action, Message } from "../model/message.ts";
import { jsonCost } from "./byte-cost.ts";
import { shortened } from "./graphemes.ts";

/** A message's links, as buttons where they fit one and as lines of the body otherwise. */
export interface Offered {
  readonly buttons: readonly Action[];
  /** CommonMark, to be put under the body; empty when all are buttons. */
  readonly links: string;
}

/** `most`: how many buttons the platform's message takes; 0 where it has none. */
export function offered(message: Message, most: number): Offered {
  const actions = (message.actions ?? []).filter(({ url }) => /^https?:\/\//i.test(url)).map(clean);
  const buttons = actions.filter(({ url }) => url.length <= longestUrl).slice(0, most);
  const links = actions.filter((action) => !buttons.includes(action));
  return { buttons, links: links.map(({ text, url }) => `[${text.replace(/[[\]]/g, " ")}](${url})`).join("\n") };
}

/** The links that are no buttons, under the body. */
export function withLinks(body: string, { links }: Offered): string {
  return [body, links].filter((text) => text !== "").join("\n\n");
}

/** A longer address would take the room of the message itself. */
const longestUrl = 1000;

function clean({ text, url }: Action): Action {
  const name = shortened(text.toWellFormed().replace(/\s+/g, " ").trim() || "查看", 90, jsonCost);
  return { text: name, url: url.toWellFormed().replace(/[\s<>()"\\]/g, encodeURIComponentFully) };
}

/** `encodeURIComponent` leaves parentheses alone, which would end a Markdown link. */
function encodeURIComponentFully(character: string): string {
  return encodeURIComponent(character).replace("(", "%28").replace(")", "%29");
}
