import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "../hub-process.ts";
import { hubCore, startNode, stopProcess } from "../processes.ts";
import { type Origin, startNginxProxy } from "./nginx.ts";
import { bodyBytes, type RelayBench } from "./relay-bench.ts";

export const proxyNames = ["nginx", "relay", "http-proxy", "http-proxy-middleware", "@fastify/reply-from"] as const;

export type ProxyName = (typeof proxyNames)[number];

/** Where a proxy is asked for what the upstream has. */
export const path = "/wework-callback/x";

/** Starts a proxy on its core, and sees that it relays. */
export async function startProxy(name: ProxyName, bench: RelayBench): Promise<Origin> {
  const proxy = await started(name, bench);
  const answer = await fetch(`http://127.0.0.1:${proxy.port}${path}`, { method: "POST", body: "x" });
  const { length } = await answer.text();
  if (answer.status !== 200 || length !== bodyBytes)
    throw new Error(`${name} answered ${answer.status}, ${length} bytes`);
  return proxy;
}

function started(name: ProxyName, bench: RelayBench): Promise<Origin> {
  const target = `http://127.0.0.1:${bench.upstream.port}`;
  switch (name) {
    case "nginx":
      return startNginxProxy(hubCore, bench.folder("nginx"), bench.upstream.port);
    case "relay":
      return startRelay(bench, { TARGET_SERVER_URL: target });
    case "http-proxy":
      return startContender("http-proxy.ts", target);
    case "http-proxy-middleware":
      return startContender("http-proxy-middleware.ts", target);
    case "@fastify/reply-from":
      return startContender("reply-from.ts", target);
  }
}

/** `yizhan relay` as its users start it, its log thrown away. */
export async function startRelay(
  { program, profiling, folder }: RelayBench,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Origin> {
  const cwd = folder("relay");
  mkdirSync(cwd, { recursive: true });
  const port = await freePort();
  const child = startNode(
    hubCore,
    [...profiling, program, "relay", "--host", "127.0.0.1", "--port", String(port), ...args],
    { cwd, env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "inherit"] },
  );
  await firstLine(child);
  child.stdout?.resume();
  return { port, pid: child.pid ?? 0, stop: () => stopProcess(child) };
}

async function startContender(file: string, target: string): Promise<Origin> {
  const script = fileURLToPath(new URL(`contenders/${file}`, import.meta.url));
  const child = startNode(hubCore, [script, target], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await firstLine(child));
  return { port, pid: child.pid ?? 0, stop: () => stopProcess(child) };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it listened`)));
    child.stdout?.once("data", (text: Buffer) => resolve(text.toString("utf8").split("\n")[0] ?? ""));
  });
}
