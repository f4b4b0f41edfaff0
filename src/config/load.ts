import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Platform } from "../platforms/definition.ts";
import type { AccountSchemas } from "./accounts.ts";
import { type DemoPlaces, demoConfig, demoPlaces } from "./demo.ts";
import { deployedAccounts, deployedRobot } from "./deployed.ts";
import { deployedRelay } from "./deployed-relay.ts";
import { type Environment, environmentWith } from "./environment.ts";
import type { Flags, Purpose } from "./overrides.ts";
import { type Loaded, readConfig } from "./read.ts";

export interface LoadOptions {
  /** Relative to `cwd`. Absent: what the environment describes, and if it is nothing, the built-in demonstration. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** Absolute. */
  readonly cwd: string;
  readonly platforms: readonly Platform[];
  /** What `accounts` can name; every platform that receives, when absent. */
  readonly accountSchemas?: AccountSchemas;
  /** Where the demonstration finds the sandbox. */
  readonly demo?: DemoPlaces | undefined;
  readonly flags?: Flags;
  /** The hub, when absent. The relay alone has no demonstration. */
  readonly purpose?: Purpose;
}

const maxBytes = 4 * 1_048_576;

/** Reads a configuration file whole: either a Config that can be used, or every problem it has. */
export async function loadConfig({
  file,
  env,
  cwd,
  platforms,
  accountSchemas,
  demo,
  flags = {},
  purpose = "hub",
}: LoadOptions): Promise<Loaded> {
  const folders = file === undefined ? [cwd] : [dirname(resolve(cwd, file)), cwd];
  const environment = await environmentWith(folders, env);
  const isDeployed =
    purpose === "relay" ||
    deployedAccounts(environment.env).length > 0 ||
    deployedRobot(environment.env) !== undefined ||
    deployedRelay(environment.env, undefined) !== undefined;
  const builtIn = isDeployed ? "" : demoConfig(demo ?? demoPlaces);
  const source = file === undefined ? { text: builtIn } : await textOf(resolve(cwd, file));
  const name = file ?? (isDeployed ? "environment" : "built-in demonstration");
  if ("problem" in source) {
    const unreadable = { file: name, line: 0, column: 0, path: "", message: source.problem };
    return { ok: false, problems: [...environment.problems, unreadable] };
  }
  if (environment.problems.length > 0) return { ok: false, problems: environment.problems };
  const known = { platforms, ...(accountSchemas && { accountSchemas }) };
  return readConfig({ file: name, text: source.text, env: environment.env, ...known, flags, purpose });
}

async function textOf(file: string): Promise<{ text: string } | { problem: string }> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) return { problem: `found ${size} bytes, expected at most ${maxBytes}` };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file)) };
  } catch (error) {
    if (error instanceof TypeError) return { problem: "found bytes that are not UTF-8, expected UTF-8 text" };
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      return { problem: `there is no such file in ${dirname(file)}, expected a YAML file ${basename(file)}` };
    if (code === "EISDIR") return { problem: "found a folder, expected a YAML file" };
    return { problem: `cannot be read (${code ?? "unknown error"})` };
  }
}
