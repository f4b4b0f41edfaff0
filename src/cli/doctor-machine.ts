import { accessSync, constants, readFileSync, type Stats, statfsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Environment, environmentWith } from "../config/environment.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { platforms } from "../platforms/registry.ts";
import { machineAdvice } from "./doctor-advice.ts";
import type { Advice, Examination, Finding } from "./finding.ts";
import { usualFile } from "./usual-file.ts";

export interface MachineOptions {
  /** The usual ones, when absent. */
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Environment;
}

/** Less than this is soon used up by a store that grows. */
const fewBytes = 100 * 1_048_576;

/** Looks at what a hub would start with, and changes nothing: the configuration and the data folder. */
export async function examineMachine({ config, data, cwd, env }: MachineOptions): Promise<Examination> {
  const file = config ?? usualFile(cwd);
  const loaded = await loadConfig({ file, env, cwd, platforms, flags: { data } });
  if (!loaded.ok) {
    return {
      seen: [],
      findings: loaded.problems.map((problem) => found(formatProblem(problem), machineAdvice.config)),
    };
  }
  const { recipients, receivingAccounts, store } = loaded.config;
  const source = file ?? "no configuration file";
  const folders = file === undefined ? [cwd] : [dirname(resolve(cwd, file)), cwd];
  const ownSecret = (await environmentWith(folders, env)).env.YIZHAN_SECRET_KEY;
  const folder = examineFolder(resolve(cwd, store.directory), !ownSecret);
  const seen = [
    `${source}: ${recipients.length} recipient(s), ${receivingAccounts.length} account(s) that call`,
    ...loaded.notes.map((note) => `note: ${note}`),
    ...folder.seen,
  ];
  return { seen, findings: folder.findings };
}

function examineFolder(folder: string, hasSecretInside: boolean): Examination {
  const stats = statOf(folder);
  if (!stats) return examineMissing(folder);
  if (!stats.isDirectory())
    return { seen: [], findings: [found(`${folder} is not a folder`, machineAdvice.notFolder)] };
  if (!isWritable(folder)) {
    return { seen: [], findings: [found(`${folder} cannot be written to by this user`, machineAdvice.notWritable)] };
  }
  const findings = [...findingsOnSpace(folder), ...findingsOnLock(folder)];
  if (hasSecretInside) findings.push(...findingsOnSecret(join(folder, "secret.key")));
  return { seen: [`data folder ${folder}`], findings };
}

/** It is made at the first start, in the first folder above it that is there. */
function examineMissing(folder: string): Examination {
  let above = dirname(folder);
  while (!statOf(above) && above !== dirname(above)) above = dirname(above);
  if (!isWritable(above)) {
    const what = `${folder} is not there and cannot be made in ${above} by this user`;
    return { seen: [], findings: [found(what, machineAdvice.notWritable)] };
  }
  return { seen: [`data folder ${folder}: made at the first start`], findings: findingsOnSpace(above) };
}

function findingsOnSpace(folder: string): Finding[] {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= fewBytes) return [];
  return [found(`${folder}: ${Math.floor(free / 1_048_576)} MiB are free`, machineAdvice.diskFull)];
}

/** Who uses the folder holds this file's lock; to ask does not take it. */
function findingsOnLock(folder: string): Finding[] {
  const file = join(folder, "lock.sqlite");
  if (!statOf(file)) return [];
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    db.exec("PRAGMA busy_timeout = 0");
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return [];
  } catch {
    return [found(`${folder} is in use`, machineAdvice.inUse)];
  } finally {
    db.close();
  }
}

function findingsOnSecret(file: string): Finding[] {
  const stats = statOf(file);
  if (!stats) return [];
  const bytes = Buffer.from(readFileSync(file, "utf8").trim(), "base64").length;
  return [
    ...(bytes === 32 ? [] : [found(`${file} holds ${bytes} bytes where 32 were expected`, machineAdvice.secret)]),
    ...((stats.mode & 0o077) === 0 ? [] : [found(`${file} is not only this user's`, machineAdvice.exposed)]),
  ];
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function found(what: string, advice: Advice): Finding {
  return { what, advice };
}
