import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { configText, type HubConfig } from "./hub-config.ts";
import { hubCore, startNode, stopProcess } from "./processes.ts";

export interface HubProcess {
  readonly port: number;
  readonly pid: number;
  /** From starting the process to the first 200 of `/health`. */
  readonly startMs: number;
  metric(name: string): Promise<number>;
  get(path: string): Promise<Response>;
  stop(): Promise<void>;
}

export interface HubStart {
  /** Where the configuration and the data go; made when missing. */
  readonly folder: string;
  readonly config: HubConfig;
  /** The program and its first arguments, e.g. the built file and `serve`. */
  readonly program: readonly string[];
  readonly nodeArgs?: readonly string[];
}

const startLimitMs = 60_000;

/** Starts a hub on its own core and waits until it answers. @throws Error with what it said when it does not. */
export async function startHubProcess({ folder, config, program, nodeArgs = [] }: HubStart): Promise<HubProcess> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "bench.yaml");
  writeFileSync(file, configText(config));
  const port = await freePort();
  const startedAt = performance.now();
  const child = startNode(
    hubCore,
    [...nodeArgs, ...program, "--config", file, "--data", join(folder, "data"), "--port", String(port)],
    // Nothing of the caller's environment may configure the hub.
    { cwd: folder, env: { PATH: process.env.PATH }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said = lastWordsOf(child);
  await untilHealthy(port, child, said);
  const startMs = performance.now() - startedAt;
  const url = `http://127.0.0.1:${port}`;
  return {
    port,
    pid: child.pid ?? 0,
    startMs,
    get: (path) => fetch(`${url}${path}`),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const values = [...text.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm)].filter(([, found]) => found === name);
      return values.reduce((sum, [, , value]) => sum + Number(value), 0);
    },
    stop: () => stopProcess(child),
  };
}

async function untilHealthy(port: number, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the hub ended with ${child.exitCode}: ${said()}`);
    const healthy = await fetch(`http://127.0.0.1:${port}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await pause(2);
  }
  throw new Error(`the hub was not healthy within ${startLimitMs} ms: ${said()}`);
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}

function lastWordsOf(child: ChildProcess): () => string {
  let text = "";
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-4_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => text.trim();
}
