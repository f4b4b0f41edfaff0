import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { emptyFolder } from "../folder.ts";
import { root } from "../yizhan.ts";

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string | { readonly file: string } };
  }[];
}

/** Which of these files, by path, break a boundary of biome.json; written to a folder of their own. */
export function refusedByLinter(files: ReadonlyMap<string, string>): Set<string> {
  const folder = emptyFolder();
  cpSync(join(root, "biome.json"), join(folder, "biome.json"));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const args = ["lint", "--reporter=json", "--max-diagnostics=none", "--only=style/noRestrictedImports", "."];
  const { stdout, stderr } = spawnSync(join(root, "node_modules/.bin/biome"), args, { cwd: folder, encoding: "utf8" });
  if (!stdout.startsWith("{")) throw new Error(`biome gave no report: ${stdout}${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as Report;
  const found = diagnostics.filter(({ category }) => category === "lint/style/noRestrictedImports");
  return new Set(found.map(({ location: { path } }) => (typeof path === "string" ? path : path.file)));
}
