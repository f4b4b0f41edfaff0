import type { ErrorCode } from "yaml";

/** Our words for the parser's codes: its own quote the source, and with it secrets. */
export function yamlMistake(code: ErrorCode): string {
  return `not valid YAML: ${words[code] ?? "unexpected text; check the lines above it"}`;
}

const words: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: "a value that starts with * is an alias; quote it if it is text",
  BAD_DIRECTIVE: "a line that starts with % is a directive; quote it if it is text",
  BAD_DQ_ESCAPE: 'unknown escape in double quotes; write "\\\\" for a backslash, or use single quotes',
  BAD_INDENT: "wrong indentation; keys of one section start in the same column",
  BAD_SCALAR_START: "a value cannot start with this character; quote it",
  BLOCK_AS_IMPLICIT_KEY: "a colon too many on this line; quote values that contain a colon and a space",
  BLOCK_IN_FLOW: "an indented section inside [ ] or { }",
  KEY_OVER_1024_CHARS: "a key of more than 1024 characters",
  MISSING_CHAR: "something is missing here: a closing quote or bracket, or a colon and a space after a key",
  MULTILINE_IMPLICIT_KEY: "a key without a colon, or text that runs over its line; check quotes and colons",
  MULTIPLE_DOCS: "a second document (---) in the file; expected one",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab as indentation; expected spaces",
  TAG_RESOLVE_FAILED: "an unknown tag (!); quote the value if it is text",
};
