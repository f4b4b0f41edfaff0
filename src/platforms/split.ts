import { type ByteCost, bytesOf, reach } from "./byte-cost.ts";
import { boundaryBefore } from "./graphemes.ts";

/** One part of a text. The `text`s of all parts, joined, are the whole text again. */
export interface Part {
  readonly text: string;
  /** Reopens the code fence that the cut went through; empty elsewhere. */
  readonly open: string;
  /** Closes it; empty elsewhere. */
  readonly close: string;
}

export function shown(part: Part): string {
  return part.open + part.text + part.close;
}

/**
 * Cuts a text into parts that cost at most `bytes` each, in order: between lines where possible, else between words,
 * else between characters; never inside a link, a mention or a URL that fits a part. A code fence is closed before
 * the cut and reopened after it with its info string. One pass, so a long text costs no more per byte than a short one.
 *
 * @throws RangeError when `bytes` leaves no room for a character and a fence.
 */
export function split(text: string, bytes: number, cost: ByteCost): Part[] {
  if (bytes < smallestPart) throw new RangeError(`a part needs at least ${smallestPart} bytes, not ${bytes}`);
  const splitter = new Splitter(bytes, cost);
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline + 1;
    splitter.line(text.slice(start, end));
    start = end;
  }
  return splitter.end();
}

/** Room for a reopened fence with its longest info string, its closing, and one large character. */
const smallestPart = 512;

/** A fence with a longer first line is text: it could not be repeated at each cut. */
const longestFence = 64;

/** How far back from a forced cut a blank is looked for. */
const wordReach = 48;

interface Fence {
  readonly marker: string;
  /** The whole first line, as it is repeated after a cut. */
  readonly line: string;
}

class Splitter {
  readonly #bytes: number;
  readonly #cost: ByteCost;
  readonly #parts: Part[] = [];
  #text = "";
  #open = "";
  #used = 0;
  #fence: Fence | undefined;
  /** Where the line that opened the current fence begins in the current part, while nothing follows it. */
  #bareFence = -1;

  constructor(bytes: number, cost: ByteCost) {
    this.#bytes = bytes;
    this.#cost = cost;
  }

  line(line: string): void {
    const after = fenceAfter(line, this.#fence);
    const reserve = Math.max(this.#closingCost(this.#fence), this.#closingCost(after));
    const size = bytesOf(line, this.#cost);
    if (
      this.#used + size + reserve > this.#bytes &&
      this.#used > 0 &&
      size + this.#headCost() + reserve <= this.#bytes
    ) {
      this.#cut();
    }
    if (this.#used + size + reserve <= this.#bytes) this.#take(line, size);
    else this.#takeInPieces(line, reserve);
    if (after && !this.#fence) this.#bareFence = this.#text.length - line.length;
    this.#fence = after;
  }

  end(): Part[] {
    // A fence that its author never closed is closed here as well: whatever follows the text is not code.
    if (this.#text !== "" || this.#parts.length === 0) this.#push(this.#text, this.#fence);
    return this.#parts;
  }

  #takeInPieces(line: string, reserve: number): void {
    const atoms = atomsOf(line);
    let start = 0;
    while (start < line.length) {
      const room = this.#bytes - this.#used - reserve;
      const end = reach(line, start, room, this.#cost);
      if (end === line.length) break;
      const fresh = this.#used <= this.#headCost();
      const cut = this.#cutIn(line, start, end, atoms, fresh);
      if (cut > start) this.#take(line.slice(start, cut), 0);
      start = cut;
      this.#cut();
    }
    const rest = line.slice(start);
    this.#take(rest, bytesOf(rest, this.#cost));
  }

  /** Where to cut a line that is too long; `start` itself when a new part has to begin first. */
  #cutIn(line: string, start: number, end: number, atoms: Atoms, fresh: boolean): number {
    if (end <= start) return start;
    let cut = atoms.startBefore(end, start) ?? end;
    const blank = line.lastIndexOf(" ", cut - 1) + 1;
    if (blank > start && cut - blank <= wordReach) cut = atoms.startBefore(blank, start) ?? blank;
    const boundary = boundaryBefore(line, start, cut);
    cut = boundary === undefined ? start : (atoms.startBefore(boundary, start) ?? boundary);
    if (cut > start || !fresh) return cut;
    // One link or one character fills more than a whole part: it has to be broken.
    return boundaryBefore(line, start, end) ?? end;
  }

  #take(text: string, size: number): void {
    this.#text += text;
    this.#used += size;
    this.#bareFence = -1;
  }

  #cut(): void {
    // A fence line that would end this part goes to the next one, where its code is.
    if (this.#bareFence > 0) {
      const moved = this.#text.slice(this.#bareFence);
      this.#push(this.#text.slice(0, this.#bareFence), undefined);
      this.#open = "";
      this.#text = moved;
    } else if (this.#bareFence < 0) {
      this.#push(this.#text, this.#fence);
      this.#open = this.#fence?.line ?? "";
      this.#text = "";
    } else {
      return;
    }
    this.#bareFence = this.#text === "" ? -1 : 0;
    this.#used = bytesOf(this.#open + this.#text, this.#cost);
  }

  #push(text: string, fence: Fence | undefined): void {
    const close = fence ? `${text.endsWith("\n") ? "" : "\n"}${fence.marker}` : "";
    this.#parts.push({ text, open: this.#open, close });
  }

  #headCost(): number {
    return this.#fence ? bytesOf(this.#fence.line, this.#cost) : 0;
  }

  #closingCost(fence: Fence | undefined): number {
    return fence ? bytesOf(`\n${fence.marker}`, this.#cost) : 0;
  }
}

/** The fence that is open after a line (CommonMark 0.31 §4.5). */
function fenceAfter(line: string, fence: Fence | undefined): Fence | undefined {
  if (fence) {
    const closing = line.trim();
    const closes = closing.startsWith(fence.marker) && closing === (fence.marker[0] ?? "").repeat(closing.length);
    return closes ? undefined : fence;
  }
  if (line.length > longestFence) return undefined;
  const marker = /^[ \t]*(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
  return marker ? { marker, line: `${line.trim()}\n` } : undefined;
}

/** What a cut must not go through: links, images, mentions, bare URLs. Every repetition is bounded, so is the time. */
const atomPattern =
  /!?\[[^[\]\n]{0,500}\]\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500}){0,4}\)|<at\b[^<>\n]{0,150}><\/at>|<@[^<>\s]{1,80}>|https?:\/\/[\w.~:/?#@!$&*+,;=%-]{1,2000}/gu;

interface Atoms {
  /** Where the atom that `at` is inside of begins, if that is not before `from`. */
  startBefore(at: number, from: number): number | undefined;
}

function atomsOf(line: string): Atoms {
  const spans = Array.from(
    line.matchAll(atomPattern),
    (match) => [match.index, match.index + match[0].length] as const,
  );
  let next = 0;
  return {
    startBefore(at, from) {
      // Cuts only move forward along the line, so spans that were passed are not looked at again.
      while ((spans[next]?.[1] ?? Number.POSITIVE_INFINITY) <= from) next++;
      for (let index = next; (spans[index]?.[0] ?? Number.POSITIVE_INFINITY) < at; index++) {
        const [start, end] = spans[index] ?? [0, 0];
        if (end > at) return Math.max(start, from);
      }
      return undefined;
    },
  };
}
