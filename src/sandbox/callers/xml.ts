/** Elements by name, in order. Text becomes CDATA, a number stands bare, a list becomes one element per entry. */
export interface XmlFields {
  readonly [name: string]: XmlValue | undefined;
}

export type XmlValue = string | number | bigint | boolean | XmlFields | readonly XmlValue[];

/** Writes fields as the platforms do: below one `<xml>` element, without a declaration. */
export function toXml(fields: XmlFields): string {
  return `<xml>${elements(fields)}</xml>`;
}

/** The text of the first element of this name; undefined when there is none. For flat documents only. */
export function textOfElement(xml: string, name: string): string | undefined {
  const open = xml.indexOf(`<${name}>`);
  if (open < 0) return undefined;
  const start = open + name.length + 2;
  const end = xml.indexOf(`</${name}>`, start);
  if (end < 0) return undefined;
  const inner = xml.slice(start, end).trim();
  const isCdata = inner.startsWith("<![CDATA[") && inner.endsWith("]]>");
  return isCdata ? inner.slice("<![CDATA[".length, -"]]>".length) : inner;
}

function elements(fields: XmlFields): string {
  return Object.entries(fields)
    .map(([name, value]) => (value === undefined ? "" : elementOf(name, value)))
    .join("");
}

function elementOf(name: string, value: XmlValue): string {
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) throw new RangeError(`"${name}" is no name for an XML element`);
  if (Array.isArray(value)) return value.map((entry: XmlValue) => elementOf(name, entry)).join("");
  return `<${name}>${contentOf(value)}</${name}>`;
}

function contentOf(value: XmlValue): string {
  if (typeof value === "string") return cdata(value);
  return typeof value === "object" ? elements(value as XmlFields) : String(value);
}

/** The end mark cannot stand inside CDATA, so a text that holds one is divided; characters XML 1.0 has not are left out. */
function cdata(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones to leave out
  const clean = text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "");
  return `<![CDATA[${clean.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}
