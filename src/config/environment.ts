import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Problem } from "./problem.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const maxBytes = 1_048_576;

/**
 * The environment with `.env` beneath it: the first of these folders that has the file. A variable that is
 * really set wins.
 */
export async function environmentWith(
  folders: readonly string[],
  env: Environment,
): Promise<{ env: Environment; problems: Problem[] }> {
  for (const folder of folders) {
    const file = join(folder, ".env");
    const text = await textOf(file);
    if (text === undefined) continue;
    if (typeof text === "string") return { env: { ...parseEnv(text), ...definedOnly(env) }, problems: [] };
    return { env, problems: [{ file, line: 0, column: 0, path: "", message: text.problem }] };
  }
  return { env, problems: [] };
}

async function textOf(file: string): Promise<string | { problem: string } | undefined> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) return { problem: `found ${size} bytes, expected at most ${maxBytes}` };
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : { problem: `cannot be read (${code})` };
  }
}

function definedOnly(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
