/**
 * Why a text is no XML of elements, text and CDATA: an independent look at what the sandbox writes.
 *
 * @returns undefined when it is well-formed.
 */
export function shapeProblem(xml: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has none of them
  if (/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(xml) || !xml.isWellFormed()) return "a character that XML has not";
  const open: string[] = [];
  let rest = xml;
  while (rest !== "") {
    const token = /^(?:<!\[CDATA\[[\s\S]*?]]>|<(\w+)>|<\/(\w+)>|[^<&]+)/.exec(rest);
    if (!token) return `nonsense at ${rest.slice(0, 20)}`;
    const [whole, begins, ends] = token;
    if (whole.includes("]]>") && !whole.startsWith("<![CDATA[")) return "]]> outside CDATA";
    if (begins) open.push(begins);
    if (ends && open.pop() !== ends) return `</${ends}> ends nothing`;
    rest = rest.slice(whole.length);
    if (open.length === 0 && rest !== "") return "more than one root";
  }
  return open.length === 0 ? undefined : `<${open.join("><")}> are left open`;
}
