import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../yizhan.ts";

/** The fenced blocks of a document in one language, from the top. */
export function blocksOf(document: string, language: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , block = ""]) => block);
}

/** The commands of a shell block; one may go over several lines, by a quote or a backslash at the end. */
export function commandsIn(block: string): string[] {
  const commands: string[] = [];
  let open = "";
  for (const line of block.split("\n")) {
    open += open === "" ? line : `\n${line}`;
    if (isOpen(open)) continue;
    if (open.trim() !== "" && !open.trim().startsWith("#")) commands.push(open);
    open = "";
  }
  if (open !== "") throw new Error(`a command does not end: ${open}`);
  return commands;
}

function isOpen(text: string): boolean {
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\" && quote !== "'") at++;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === "#" && /\s/.test(text[at - 1] ?? " ")) {
      const end = text.indexOf("\n", at);
      if (end < 0) return false;
      at = end;
    }
  }
  return quote !== "" || text.endsWith("\\");
}
