/**
 * Where a text stops being JSON (RFC 8259); V8's own message gives the place only sometimes.
 *
 * @returns The offset of the first character that cannot be there, the text's length when more was
 *   expected, undefined when the text is JSON.
 */
export function jsonMistakeIn(text: string): number | undefined {
  const open: ("{" | "[")[] = [];
  let expected: "value" | "first item" | "first key" | "key" | "colon" | "more" = "value";
  let at = skip(space, text, 0);
  for (; at < text.length; at = skip(space, text, at)) {
    const character = text.charAt(at);
    const container = open.at(-1);
    if (expected === "colon") {
      if (character !== ":") return at;
      expected = "value";
      at++;
    } else if (expected === "more") {
      if (container === undefined) return at;
      if (character === ",") expected = container === "{" ? "key" : "value";
      else if (character === closing[container]) open.pop();
      else return at;
      at++;
    } else if (expected === "first key" || expected === "key") {
      if (character === "}" && expected === "first key") {
        open.pop();
        expected = "more";
        at++;
      } else {
        const string = stringAt(text, at);
        if (!string.whole) return string.end;
        expected = "colon";
        at = string.end;
      }
    } else if (character === "{" || character === "[") {
      open.push(character);
      expected = character === "{" ? "first key" : "first item";
      at++;
    } else if (character === "]" && expected === "first item") {
      open.pop();
      expected = "more";
      at++;
    } else {
      const value = character === '"' ? stringAt(text, at) : scalarAt(text, at);
      if (!value.whole) return value.end;
      expected = "more";
      at = value.end;
    }
  }
  return expected === "more" && open.length === 0 ? undefined : text.length;
}

const closing = { "{": "}", "[": "]" } as const;
const space = /[ \t\n\r]*/y;
const plain = /[ !#-[\]-\uffff]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

interface Token {
  readonly whole: boolean;
  /** Just after the token; where it breaks when it is not whole. */
  readonly end: number;
}

function stringAt(text: string, start: number): Token {
  if (text.charAt(start) !== '"') return { whole: false, end: start };
  let at = start + 1;
  for (;;) {
    const next = skip(escaped, text, skip(plain, text, at));
    if (next === at) break;
    at = next;
  }
  return text.charAt(at) === '"' ? { whole: true, end: at + 1 } : { whole: false, end: at };
}

function scalarAt(text: string, start: number): Token {
  for (const word of ["true", "false", "null"]) {
    if (text.startsWith(word, start)) return { whole: true, end: start + word.length };
  }
  const end = skip(number, text, start);
  return { whole: end > start, end };
}

/** The offset after what the sticky pattern takes, which may be nothing. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
