import { dirname, resolve } from "node:path";
import { type Hub, startHub } from "../app.ts";
import type { Config } from "../config/config.ts";
import { type DemoPlaces, demoPlaces } from "../config/demo.ts";
import { environmentWith } from "../config/environment.ts";
import { loadConfig } from "../config/load.ts";
import { createLogger, type Logger } from "../config/logging.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import { platforms } from "../platforms/registry.ts";
import { StoreError } from "../store/errors.ts";
import { callbackLines } from "./callback-lines.ts";
import { relayLines } from "./relay-lines.ts";
import { untilSignal } from "./signals.ts";
import { usualFile } from "./usual-file.ts";

export interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly host?: string;
  readonly port?: string;
}

/** `yizhan serve`: runs the hub until SIGTERM or SIGINT; SIGHUP re-reads the configuration. */
export async function serve(options: ServeOptions): Promise<void> {
  const cwd = process.cwd();
  const file = options.config ?? usualFile(cwd);
  const reread = (demo: DemoPlaces) => loadConfig({ file, env: process.env, cwd, platforms, demo, flags: options });
  const loaded = await reread(demoPlaces);
  if (!loaded.ok) return refuse(loaded.problems);
  const running = loaded.config.sandbox.enabled
    ? await (await import("./demo.ts")).startDemo(loaded.config.sandbox, file === undefined)
    : undefined;
  const places = running?.places ?? demoPlaces;
  const ready = running?.moved ? await reread(places) : loaded;
  if (!ready.ok) return refuse(ready.problems);

  const logger = loggerOf(ready.config, cwd);
  if (!logger) {
    await running?.close();
    process.exit();
  }
  for (const note of ready.notes) logger.log.warn(note);
  const hub = await start(ready.config, () => reread(places), logger, await secretOf(file, cwd));
  if (hub) {
    process.stdout.write(banner(hub.url, ready.config, file === undefined ? running?.places.sandboxUrl : undefined));
    process.on("SIGHUP", () => void reload(hub, logger));
    const signal = await untilSignal("SIGTERM", "SIGINT");
    logger.log.info(`${signal}: stopping`);
    await hub.stop();
  }
  await running?.close();
  logger.close();
  // Whatever a library still holds open must not keep a stopped hub alive.
  process.exit();
}

/** Undefined, with words on standard error and the exit code set, when its file cannot be opened. */
export function loggerOf({ log }: Config, cwd: string): Logger | undefined {
  try {
    return createLogger(log, { cwd });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    process.stderr.write(`yizhan: the log file ${resolve(cwd, log.filePath)} cannot be opened (${code ?? "error"})\n`);
    process.exitCode = 1;
    return undefined;
  }
}

/** What seals stored secrets, where the operator keeps it outside of the data folder. */
async function secretOf(file: string | undefined, cwd: string): Promise<Uint8Array | undefined> {
  const folders = file === undefined ? [cwd] : [dirname(resolve(cwd, file)), cwd];
  const { env } = await environmentWith(folders, process.env);
  return env.YIZHAN_SECRET_KEY ? Buffer.from(env.YIZHAN_SECRET_KEY) : undefined;
}

async function start(
  config: Config,
  reread: () => ReturnType<typeof loadConfig>,
  logger: Logger,
  secret: Uint8Array | undefined,
) {
  try {
    return await startHub({
      config,
      reread,
      cwd: process.cwd(),
      secret,
      logger,
      print: (text) => process.stdout.write(text),
    });
  } catch (error) {
    process.stderr.write(`yizhan: ${startFailure(error, config)}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

/** What a start that failed says to whoever started it. */
export function startFailure(error: unknown, { server }: Config): string {
  if (error instanceof StoreError) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `port ${server.port} on ${server.host} is in use by another program; choose another with --port`;
    case "EACCES":
      return `port ${server.port} on ${server.host} is not allowed to this user; choose one above 1023 with --port`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${server.host} is not an address of this machine; choose another with --host`;
    default:
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function refuse(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  process.stderr.write(`yizhan: the configuration has ${problems.length} problem(s); nothing was started\n`);
  process.exitCode = 1;
}

async function reload(hub: Hub, { log }: Logger): Promise<void> {
  const { problems, notes } = await hub.reload();
  for (const problem of problems) log.error(`configuration not reloaded: ${problem}`);
  for (const note of notes) log.warn(note);
  if (problems.length === 0) log.info("configuration reloaded");
}

function banner(url: string, config: Config, sandboxUrl: string | undefined): string {
  const lines = [
    `Yizhan 驿站 listens on ${url}   (API: ${url}/docs)`,
    ...callbackLines(url, config.receivingAccounts),
    ...relayLines(url, config.relays),
    ...(sandboxUrl ? [`Demo: the platforms are stand-ins on ${sandboxUrl}; --config FILE uses real ones.`] : []),
    ...firstMessage(url, config),
  ];
  return `${lines.join("\n")}\n`;
}

/** A command that works as it is pasted; nothing where there is nobody to send to. */
function firstMessage(url: string, { recipients: [recipient], auth }: Config): string[] {
  if (!recipient) return [];
  const key = auth.keys.length > 0 ? ` \\\n    -H 'Authorization: Bearer YOUR_KEY'` : "";
  const content = '{"title":"你好","msg":"第一条消息"}';
  const body = `{"recipient_alias":"${recipient.alias}","type":"info","strategy":"all","style":"card","content":${content}}`;
  return [
    "Send a first message 发送第一条消息:",
    `  curl -X POST ${url}/api/v1/push -H 'Content-Type: application/json'${key} \\\n    -d '${body}'`,
  ];
}
