import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../yizhan.ts";

/** A folder of `src/`, or a file in it, and which other rooms it may import. */
export interface Room {
  readonly name: string;
  readonly mayImport: ReadonlySet<string>;
}

/** What puts everything together, and is for nobody below it to import. */
export const tops: ReadonlySet<string> = new Set([
  "cli",
  "app.ts",
  "app-asking.ts",
  "app-egress.ts",
  "app-forward.ts",
  "app-receiving.ts",
  "app-relay.ts",
  "app-relays.ts",
  "embedded.ts",
  "index.ts",
]);

/** The rooms as ARCHITECTURE.md has them, in its order. */
export function documentedRooms(): Room[] {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const rows = [...text.matchAll(/^\| (`src\/.*?) \|.*\| (.*?) +\|$/gm)].map(([, folders = "", imports = ""]) => ({
    names: [...folders.matchAll(/`src\/([\w.-]+)/g)].map(([, name = ""]) => name),
    imports,
  }));
  const all = rows.flatMap(({ names }) => names);
  const above: string[] = [];
  return rows.flatMap(({ names, imports }) => {
    const mayImport = new Set(namesIn(imports, above, all));
    above.push(...names);
    return names.map((name) => {
      const allowed = [...mayImport].filter((other) => !tops.has(other) || tops.has(name));
      return { name, mayImport: new Set(allowed) };
    });
  });
}

function namesIn(imports: string, above: readonly string[], all: readonly string[]): readonly string[] {
  switch (imports) {
    case "nothing":
      return [];
    case "all of the above":
      return above;
    case "everything":
      // Contract suites are for tests, which the table does not speak of.
      return all.filter((name) => name !== "testing");
    case "what it tests":
      return all;
    default:
      return imports.split(", ").filter((name) => /^\w+$/.test(name));
  }
}
