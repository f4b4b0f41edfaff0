/** What stands in an element: its text, the elements inside it, or one of these for each repetition of its name. */
export type XmlValue = string | XmlElement | (string | XmlElement)[];

/** An element's children by name. A name that comes once and a list of one look alike. */
export interface XmlElement {
  readonly [name: string]: XmlValue;
}

export type ParsedXml =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false /** What is wrong, for people. Quotes nothing of the text. */; readonly fault: string };

/**
 * Reads the XML that WeCom and WeChat's official accounts write: elements in elements, with text or CDATA in the
 * innermost. Nothing else of XML is understood, because nothing else is ever sent and the rest is what attacks are
 * made of: DTDs, entities beyond the five of XML itself and numbers, processing instructions, attributes, comments.
 *
 * Never throws. Takes time in proportion to the text, which is at most 1 MiB, and nests at most 16 deep.
 */
export function parseXml(text: string): ParsedXml {
  if (text.length > mostCharacters) return { ok: false, fault: "the XML is longer than 1 MiB" };
  const scanner = new Scanner(text);
  const root = scanner.document();
  return root === undefined ? { ok: false, fault: scanner.fault } : { ok: true, root };
}

/** Text as XML, in CDATA, without the characters that XML has no way to write. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replace(unwritable, "").replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}

const mostCharacters = 1 << 20;
const deepest = 16;
const mostElements = 10_000;
const longestName = 128;

// https://www.w3.org/TR/xml/#charsets
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Stops at the first fault: every method gives undefined from then on. */
class Scanner {
  fault = "";
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement | undefined {
    this.#skipSpace();
    if (this.#text.startsWith("<?xml", this.#at)) {
      const end = this.#text.indexOf("?>", this.#at);
      if (end < 0) return this.#fail("the XML declaration does not end");
      this.#at = end + 2;
      this.#skipSpace();
    }
    const name = this.#open();
    if (name === undefined) return undefined;
    const value = this.#content(name, 1);
    if (value === undefined) return undefined;
    this.#skipSpace();
    if (this.#at < this.#text.length) return this.#fail("something follows the XML's root element");
    if (typeof value === "string") return this.#fail("the XML's root element has no elements in it");
    return value;
  }

  /** The name of the element that begins here, and then stands behind its tag; `/` after it when it is empty. */
  #open(): string | undefined {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== lessThan) return this.#fail("the XML does not begin with an element");
    const next = text.charCodeAt(this.#at + 1);
    if (next === exclamation) {
      return this.#fail("the XML has a DTD, a comment or a stray CDATA, which no callback of the platform has");
    }
    if (next === question) return this.#fail("the XML has a processing instruction, which no callback has");
    const end = text.indexOf(">", this.#at);
    if (end < 0) return this.#fail("a tag of the XML does not end");
    const name = text.slice(this.#at + 1, end).trimEnd();
    if (name.length > longestName || !elementName.test(name)) {
      return this.#fail("the XML has a tag that is more than a name; the platform writes no attributes");
    }
    if (++this.#elements > mostElements) return this.#fail(`the XML has more than ${mostElements} elements`);
    this.#at = end + 1;
    return name;
  }

  /** What is in an element whose tag was just read, up to behind its end. */
  #content(tag: string, depth: number): string | XmlElement | undefined {
    if (tag.endsWith("/")) return "";
    if (depth > deepest) return this.#fail(`the XML is nested deeper than ${deepest}`);
    let words = "";
    let children: Record<string, XmlValue> | undefined;
    for (;;) {
      const piece = this.#words();
      if (piece === undefined) return undefined;
      words += piece;
      if (this.#text.charCodeAt(this.#at + 1) === slash) break;
      const child = this.#open();
      if (child === undefined) return undefined;
      const value = this.#content(child, depth + 1);
      if (value === undefined) return undefined;
      // No prototype: an element may be called anything.
      children ??= Object.create(null) as Record<string, XmlValue>;
      add(children, child.endsWith("/") ? child.slice(0, -1).trimEnd() : child, value);
    }
    if (!this.#close(tag)) return undefined;
    if (children === undefined) return words;
    return words.trim() === "" ? children : this.#fail("the XML has text beside elements");
  }

  /** Text and CDATA up to the next tag. */
  #words(): string | undefined {
    const text = this.#text;
    let words = "";
    for (;;) {
      const tag = text.indexOf("<", this.#at);
      if (tag < 0) return this.#fail("an element of the XML does not end");
      if (tag > this.#at) {
        const piece = unescaped(text.slice(this.#at, tag));
        if (piece === undefined)
          return this.#fail("the XML has an entity other than lt, gt, amp, quot, apos or a number");
        words += piece;
        this.#at = tag;
      }
      if (!text.startsWith("<![CDATA[", tag)) return words;
      const end = text.indexOf("]]>", tag);
      if (end < 0) return this.#fail("a CDATA section of the XML does not end");
      words += text.slice(tag + 9, end);
      this.#at = end + 3;
    }
  }

  #close(name: string): boolean {
    const start = this.#at + 2;
    const end = start + name.length;
    const close = this.#text.indexOf(">", end);
    if (close < 0 || !this.#text.startsWith(name, start) || this.#text.slice(end, close).trim() !== "") {
      this.#fail("an element of the XML ends with another one's name");
      return false;
    }
    this.#at = close + 1;
    return true;
  }

  #skipSpace(): void {
    while (spaces.includes(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #fail(fault: string): undefined {
    this.fault = fault;
    return undefined;
  }
}

const lessThan = 0x3c;
const exclamation = 0x21;
const question = 0x3f;
const slash = 0x2f;
const spaces = [0x20, 0x09, 0x0a, 0x0d, 0xfeff];

/** A name, and for an empty element the slash behind it. */
const elementName = /^[A-Za-z_\u0080-\uffff][\w.:\u0080-\uffff-]*\s*\/?$/;

function add(children: Record<string, XmlValue>, name: string, value: string | XmlElement): void {
  const before = children[name];
  if (before === undefined) children[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else children[name] = [before, value];
}

/** Text with its entities replaced; undefined where one is unknown. */
function unescaped(text: string): string | undefined {
  if (!text.includes("&")) return text;
  let known = true;
  const words = text.replace(/&([^;&]{0,10};)?/g, (_, entity: string | undefined) => {
    const character = characterOf(entity ?? "");
    if (character === undefined) known = false;
    return character ?? "";
  });
  return known ? words : undefined;
}

function characterOf(entity: string): string | undefined {
  const named = entities.get(entity);
  if (named !== undefined) return named;
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));$/.exec(entity) ?? [];
  if (hex === undefined && decimal === undefined) return undefined;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (code === 0 || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return String.fromCodePoint(code);
}

const entities: ReadonlyMap<string, string> = new Map([
  ["lt;", "<"],
  ["gt;", ">"],
  ["amp;", "&"],
  ["quot;", '"'],
  ["apos;", "'"],
]);
