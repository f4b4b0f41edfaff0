import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { root } from "../yizhan.ts";

export interface Source {
  /** From `src/`, e.g. `platforms/feishu/render.ts`. */
  readonly path: string;
  readonly text: string;
  /** A test, or what only tests use. */
  readonly isForTests: boolean;
  /** Files of `src/` that it imports, as `path`. */
  readonly files: readonly string[];
  /** Packages and Node's own modules that it imports. */
  readonly packages: readonly string[];
}

/** Every TypeScript file of `src/`. */
export function sources(): Source[] {
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => sourceOf(path, readFileSync(join(root, "src", path), "utf8")));
}

function sourceOf(path: string, text: string): Source {
  const specifiers = [...text.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => name);
  const relative = specifiers.filter((name) => name.startsWith("."));
  return {
    path,
    text,
    isForTests: /\.test\.ts$|-for-tests\.ts$|-fixture\.ts$|^testing\//.test(path),
    files: relative.map((name) => normalize(join(dirname(path), name))),
    packages: specifiers.filter((name) => !name.startsWith(".")),
  };
}

/** The first step below `src/`: a room's name, or a file that is a room by itself. */
export function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}
