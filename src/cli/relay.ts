import { composeRelaying } from "../app-relay.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import { createRelayServer } from "../http/relay-server.ts";
import { platforms } from "../platforms/registry.ts";
import { systemClock } from "../queue/clock.ts";
import { version } from "../version.ts";
import { relayLines } from "./relay-lines.ts";
import { loggerOf, startFailure } from "./serve.ts";
import { untilSignal } from "./signals.ts";

export interface RelayCommandOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
}

/**
 * `yizhan relay`: the relays by themselves, without store, API and accounts, until SIGTERM or SIGINT. SIGHUP re-reads the
 * configuration.
 */
export async function relay({ config: file, ...flags }: RelayCommandOptions): Promise<void> {
  const cwd = process.cwd();
  const reread = () => loadConfig({ file, env: process.env, cwd, platforms, flags, purpose: "relay" });
  const loaded = await reread();
  if (!loaded.ok) {
    refuse(loaded.problems);
    return;
  }
  const { config } = loaded;
  const logger = loggerOf(config, cwd);
  if (!logger) return;
  const { log } = logger;
  for (const note of loaded.notes) log.warn(note);
  const relaying = composeRelaying({
    clock: systemClock,
    logger,
    trustProxy: config.server.trustProxy,
    durable: () => undefined,
    receivers: () => [],
  });
  relaying.configure(config);
  const server = createRelayServer({
    front: relaying.front,
    onAnswered: relaying.leave,
    version,
    now: systemClock.now,
  });
  const url = await server.listen(config.server.host, config.server.port).catch((error: unknown) => {
    process.stderr.write(`yizhan: ${startFailure(error, config)}\n`);
    process.exitCode = 1;
    return undefined;
  });
  if (url !== undefined) {
    process.stdout.write(banner(url, config));
    process.on("SIGHUP", () => {
      void reread().then((again) => {
        if (!again.ok) {
          for (const problem of again.problems) log.error(`configuration not reloaded: ${formatProblem(problem)}`);
          return;
        }
        relaying.configure(again.config);
        logger.setLevel(again.config.log.level);
        log.info("configuration reloaded");
      });
    });
    log.info(`${await untilSignal("SIGTERM", "SIGINT")}: stopping`);
    await server.close(config.server.shutdownTimeoutMs);
  }
  await relaying.stop();
  logger.close();
  process.exit();
}

function refuse(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  process.stderr.write(`yizhan: the configuration has ${problems.length} problem(s); nothing was started\n`);
  process.exitCode = 1;
}

function banner(url: string, { relays, server }: Config): string {
  const where = server.host === "0.0.0.0" || server.host === "::" ? ` (${server.host}: all addresses)` : "";
  return `${[`Yizhan 驿站 relay listens on ${url}${where}`, ...relayLines(url, relays)].join("\n")}\n`;
}
