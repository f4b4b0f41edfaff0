/**
 * Writes `src/platforms/registry.ts`, `receivers.ts`, `trackings.ts` and `resealers.ts` from the folders of `src/platforms`:
 * `node scripts/generate-registry.ts`.
 * Static imports, because a bundle cannot list folders, and a platform that does not compile should say so early.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const platformsFolder = new URL("../src/platforms/", import.meta.url);

/**
 * The folder names, each of which is a platform's id and, in camel case, the name its `index.ts` exports. A folder
 * without one only receives.
 */
export function platformFolders(): string[] {
  return folders().filter((name) => existsSync(new URL(`${name}/index.ts`, platformsFolder)));
}

/** The folders whose `receive.ts` makes a Receiver. Mail is fetched, not called back with: it has none. */
export function receiverFolders(): string[] {
  return folders().filter((name) => {
    const file = new URL(`${name}/receive.ts`, platformsFolder);
    return existsSync(file) && /\bdefineReceiver\b/.test(readFileSync(file, "utf8"));
  });
}

function folders(): string[] {
  const entries = readdirSync(platformsFolder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The text of `registry.ts` for these platforms, as the formatter leaves it. */
export function registrySource(names: readonly string[]): string {
  const imports = ["definition", ...names].sort().map((name) => {
    return name === "definition" ? DEFINITION : `import { ${exportName(name)} } from "./${name}/index.ts";`;
  });
  return `// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
${imports.join("\n")}

/** Every platform, in alphabetical order. */
${listOf(names.map(exportName))}

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

/** The text of `receivers.ts` for these platforms, as the formatter leaves it. */
export function receiversSource(names: readonly string[]): string {
  const imports = ["receiving", ...names].sort().map((name) => {
    return name === "receiving" ? RECEIVING : `import { ${receiverName(name)} } from "./${name}/receive.ts";`;
  });
  const entries = names.map((name) => `  [${JSON.stringify(name)}, ${receiverName(name)}],\n`);
  return `// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
${imports.join("\n")}

/** What reads each platform's callbacks, by the platform's id. */
export const receivers: ReadonlyMap<string, Receiver> = new Map([
${entries.join("")}]);
`;
}

/** The folders that say what can be known of a message. */
export function trackingFolders(): string[] {
  return folders().filter((name) => existsSync(new URL(`${name}/tracking.ts`, platformsFolder)));
}

/** The text of `trackings.ts` for these platforms, as the formatter leaves it. */
export function trackingsSource(names: readonly string[]): string {
  const imports = names.map((name) => `import { tracking as ${exportName(name)} } from "./${name}/tracking.ts";`);
  const entries = names.map((name) => `  [${JSON.stringify(name)}, ${exportName(name)}],\n`);
  return `// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
${[...imports, 'import type { Tracking } from "./tracking.ts";'].sort(byModule).join("\n")}

/** What each platform can tell of a message, by the platform's id. */
export const trackings: ReadonlyMap<string, Tracking> = new Map<string, Tracking>([
${entries.join("")}]);
`;
}

/** The folders whose callbacks can be sealed with another system's keys. */
export function resealerFolders(): string[] {
  return folders().filter((name) => existsSync(new URL(`${name}/reseal.ts`, platformsFolder)));
}

/** The text of `resealers.ts` for these platforms, as the formatter leaves it. */
export function resealersSource(names: readonly string[]): string {
  const local = (name: string) => receiverName(name).replace(/Receiver$/, "Resealer");
  const imports = names.map((name) => `import { ${local(name)} } from "./${name}/reseal.ts";`);
  const entries = names.map((name) => `  [${JSON.stringify(name)}, ${local(name)}],\n`);
  return `// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
${[...imports, 'import type { Resealer } from "./resealing.ts";'].sort(byModule).join("\n")}

/** How each platform's callbacks are sealed with another system's keys, by the platform's id. */
export const resealers: ReadonlyMap<string, Resealer> = new Map([
${entries.join("")}]);
`;
}

/** As the linter sorts imports: by where they come from. */
function byModule(a: string, b: string): number {
  const of = (line: string) => line.slice(line.indexOf("from "));
  return of(a) < of(b) ? -1 : 1;
}

/** `wechat-official` exports `wechatOfficialReceiver`. */
function receiverName(folder: string): string {
  return `${exportName(folder)}Receiver`;
}

function exportName(folder: string): string {
  return folder.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** On one line while it fits, as the formatter would have it. */
function listOf(names: readonly string[]): string {
  const start = "export const platforms: readonly Platform[] = [";
  const line = `${start}${names.join(", ")}];`;
  return line.length <= 120 ? line : `${start}\n${names.map((name) => `  ${name},\n`).join("")}];`;
}

const DEFINITION = 'import type { Platform } from "./definition.ts";';
const RECEIVING = 'import type { Receiver } from "./receiving.ts";';

if (import.meta.main) {
  writeFileSync(fileURLToPath(new URL("registry.ts", platformsFolder)), registrySource(platformFolders()));
  writeFileSync(fileURLToPath(new URL("receivers.ts", platformsFolder)), receiversSource(receiverFolders()));
  writeFileSync(fileURLToPath(new URL("trackings.ts", platformsFolder)), trackingsSource(trackingFolders()));
  writeFileSync(fileURLToPath(new URL("resealers.ts", platformsFolder)), resealersSource(resealerFolders()));
}
