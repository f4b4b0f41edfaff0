import { type ByteCost, bytesOf } from "./byte-cost.ts";
import { shown, split } from "./split.ts";

/** One of the messages that a long text becomes. */
export interface Page {
  readonly text: string;
  /** ` (1/3)` where there are several; goes behind the title. */
  readonly marker: string;
  readonly last: boolean;
}

/** A marker's largest size: ` (999999/999999)`. Already taken off what `pagesOf` is given. */
export const markerBytes = 16;

/**
 * A text as pages of at most `bytes` each. The tail (mentions) ends the last page, in one piece; when there is no
 * room for it and `reserve` bytes more, it gets a page of its own.
 */
export function pagesOf(
  text: string,
  room: { readonly bytes: number; readonly cost: ByteCost; readonly tail?: string; readonly reserve?: number },
): Page[] {
  const texts = split(text, room.bytes, room.cost).map(shown);
  const tail = room.tail ?? "";
  const last = texts.at(-1) ?? "";
  const joint = last === "" || tail === "" ? "" : "\n\n";
  if (bytesOf(last + joint + tail, room.cost) + (room.reserve ?? 0) <= room.bytes) {
    texts[Math.max(texts.length - 1, 0)] = last + joint + tail;
  } else {
    texts.push(tail);
  }
  return texts.map((page, index) => ({
    text: page,
    marker: texts.length > 1 ? ` (${index + 1}/${texts.length})` : "",
    last: index === texts.length - 1,
  }));
}
