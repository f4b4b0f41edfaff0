import { hash } from "node:crypto";

/** Longer ids are nobody's; what is kept of them is their hash. */
const ID_LENGTH = 250;

/**
 * The ids in a header such as `References`, first to last, each as `<left@right>`: folding white space is taken out
 * and the domain, which does not tell cases apart, is in lower case (RFC 5322 §3.6.4).
 */
export function messageIdsIn(header: string | undefined): string[] {
  const found = (header ?? "").slice(0, HEADER_LENGTH).match(/<[^<>]{1,998}>/g) ?? [];
  return found.flatMap((text) => normalised(text) ?? []);
}

/** The one id of a `Message-ID`; some software forgets the brackets. */
export function messageIdOf(header: string | undefined): string | undefined {
  return messageIdsIn(header)[0] ?? normalised((header ?? "").slice(0, HEADER_LENGTH));
}

/**
 * What makes two arrivals the same mail: its Message-ID, else a hash of what a repeat has in common. A mail copied
 * between folders or restored from a backup keeps both, but not its UID.
 */
export function mailKey(id: string | undefined, ...rest: readonly string[]): string {
  return id === undefined ? `mail:${hash("sha256", rest.join("\0"))}` : `id:${id}`;
}

function normalised(text: string): string | undefined {
  const id = text.replace(/[\s<>\p{Cc}]+/gu, "");
  if (id === "") return undefined;
  const at = id.lastIndexOf("@");
  return shortId(`<${id.slice(0, at + 1)}${id.slice(at + 1).toLowerCase()}>`);
}

function shortId(id: string): string {
  return id.length <= ID_LENGTH ? id : `<${hash("sha256", id)}@long.invalid>`;
}

/** Two thousand replies' worth of `References`. */
const HEADER_LENGTH = 100_000;
