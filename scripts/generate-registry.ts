/**
 * Writes `src/platforms/registry.ts` from the folders of `src/platforms`: `node scripts/generate-registry.ts`.
 * Static imports, because a bundle cannot list folders, and a platform that does not compile should say so early.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const platformsFolder = new URL("../src/platforms/", import.meta.url);

/**
 * The folder names, each of which is a platform's id and the name its `index.ts` exports. A folder without one only
 * receives.
 */
export function platformFolders(): string[] {
  return readdirSync(platformsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => existsSync(new URL(`${name}/index.ts`, platformsFolder)))
    .sort();
}

/** The text of `registry.ts` for these platforms, as the formatter leaves it. */
export function registrySource(names: readonly string[]): string {
  const imports = ["definition", ...names].sort().map((name) => {
    return name === "definition" ? DEFINITION : `import { ${name} } from "./${name}/index.ts";`;
  });
  return `// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
${imports.join("\n")}

/** Every platform, in alphabetical order. */
${listOf(names)}

const byName: ReadonlyMap<string, Platform> = new Map(
  platforms.flatMap((platform) => namesOf(platform).map((name) => [name, platform] as const)),
);

/** The platform with this id, or one that clients or configuration files know by this name. */
export function platformNamed(name: string): Platform | undefined {
  return byName.get(name);
}

function namesOf({ id, apiName, aliases }: Platform): string[] {
  return [id, ...aliases, ...(apiName === undefined ? [] : [apiName])];
}
`;
}

/** On one line while it fits, as the formatter would have it. */
function listOf(names: readonly string[]): string {
  const start = "export const platforms: readonly Platform[] = [";
  const line = `${start}${names.join(", ")}];`;
  return line.length <= 120 ? line : `${start}\n${names.map((name) => `  ${name},\n`).join("")}];`;
}

const DEFINITION = 'import type { Platform } from "./definition.ts";';

if (import.meta.main) {
  writeFileSync(fileURLToPath(new URL("registry.ts", platformsFolder)), registrySource(platformFolders()));
}
