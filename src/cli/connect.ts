import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { environmentWith } from "../config/environment.ts";
import { createLogger } from "../config/logging.ts";
import { isLoopback } from "../config/loopback.ts";
import { sections } from "../config/schema.ts";
import { systemClock } from "../queue/clock.ts";
import { OriginTarget } from "../relay/origin-target.ts";
import { HubRefused } from "../relay/tunnel/hub-socket.ts";
import { TunnelAgent } from "../relay/tunnel/tunnel-agent.ts";
import { untilSignal } from "./signals.ts";

export interface ConnectOptions {
  readonly to: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly tunnel?: string;
  readonly name?: string;
  readonly ca?: string;
  readonly plain?: boolean;
}

/** As the stand-alone relay connects. */
const connectMs = 5_000;

/**
 * `yizhan connect`: serves a hub's relays inside the intranet until a signal ends it. Exit code 1 when it was started
 * wrongly, or the hub did not want its first connection.
 */
export async function connect(hub: string, options: ConnectOptions): Promise<void> {
  const cwd = process.cwd();
  const { env } = await environmentWith([cwd], process.env);
  const problems: string[] = [];
  const url = hubUrl(hub, options, problems);
  const to = targetUrl(options.to, problems);
  const key = keySource(options, env.YIZHAN_TUNNEL_KEY, cwd, problems);
  const ca = await caIn(options.ca, cwd, problems);
  if (!url || !to || !key || problems.length > 0) {
    for (const problem of problems) process.stderr.write(`yizhan: ${problem}\n`);
    process.exitCode = 1;
    return;
  }
  const { log, close } = createLogger({ ...sections.log.parse({}), format: "text" });
  const target = new OriginTarget(to, { connectMs });
  const agent = new TunnelAgent({
    url,
    key,
    name: options.name ?? hostname(),
    target,
    base: to,
    ca,
    clock: systemClock,
    random: Math.random,
    log: { info: (text) => log.info(text), warn: (text) => log.warn(text) },
  });
  try {
    const ended = await Promise.race([agent.run(), untilSignal("SIGTERM", "SIGINT")]);
    if (ended) log.info(`${ended}: taking nothing new, finishing what is under way`);
    await agent.stop();
  } catch (error) {
    if (!(error instanceof HubRefused)) throw error;
    process.stderr.write(`yizhan: ${error.message}\n`);
    process.exitCode = 1;
  }
  await target.close();
  close();
  process.exit();
}

/** The WebSocket's address: the hub's own, with whatever path a reverse proxy wants before it. */
function hubUrl(text: string, { tunnel = "", plain }: ConnectOptions, problems: string[]): URL | undefined {
  const url = URL.parse(text);
  const scheme = { "https:": "wss:", "wss:": "wss:", "http:": "ws:", "ws:": "ws:" }[url?.protocol ?? ""];
  if (!url || !scheme || url.username || url.password || url.search || url.hash) {
    problems.push(`found "${shown(text)}" as the hub, expected its address, such as https://hub.example`);
    return undefined;
  }
  if (scheme === "ws:" && !plain && !isLoopback(url.hostname)) {
    problems.push(`${url.protocol}//${url.host} would send the key in the clear, expected https:// (or --plain)`);
  }
  if (!/^[a-z0-9._-]{0,64}$/.test(tunnel)) {
    problems.push(`found "${shown(tunnel)}" as --tunnel, expected the name of one of the hub's tunnels`);
  }
  return new URL(`${scheme}//${url.host}${url.pathname.replace(/\/+$/, "")}/tunnels/${tunnel}`);
}

function targetUrl(text: string, problems: string[]): string | undefined {
  const url = URL.parse(text);
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password;
  if (isPlain && !/[\s\\?#]/.test(text)) return url.href.replace(/\/+$/, "");
  problems.push(
    `found "${shown(text)}" as --to, expected an http(s) address without query, such as http://127.0.0.1:9000`,
  );
  return undefined;
}

/** A file is read anew at every connection, so that a key can be changed without a restart. */
function keySource(
  { key, keyFile }: ConnectOptions,
  fromEnvironment: string | undefined,
  cwd: string,
  problems: string[],
): (() => Promise<string>) | undefined {
  if (key !== undefined && keyFile !== undefined) {
    problems.push("found --key and --key-file, expected one of them");
    return undefined;
  }
  if (keyFile !== undefined) return async () => checkedKey((await readFile(resolve(cwd, keyFile), "utf8")).trim());
  const given = key ?? fromEnvironment;
  if (!given) {
    problems.push("found no key, expected YIZHAN_TUNNEL_KEY, --key-file or --key");
    return undefined;
  }
  try {
    checkedKey(given);
  } catch (error) {
    problems.push((error as Error).message);
  }
  return async () => given;
}

/** As the configuration of the hub has them; what cannot be sent as a header is no key. */
function checkedKey(text: string): string {
  if (!/^[\x21-\x7e]{1,512}$/.test(text)) {
    throw new Error("the key has characters that no key has, expected up to 512 of ASCII without spaces");
  }
  return text;
}

async function caIn(file: string | undefined, cwd: string, problems: string[]): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const pem = await readFile(resolve(cwd, file), "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
    problems.push(`found no certificate in ${file}, expected PEM`);
  } catch (error) {
    problems.push(`--ca ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
  return undefined;
}

/** What was typed wrongly may hold a password. */
function shown(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//…@").slice(0, 200);
}
