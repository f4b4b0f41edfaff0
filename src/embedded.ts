import { type Hub as RunningHub, startHub } from "./app.ts";
import { environmentWith } from "./config/environment.ts";
import { loadConfig } from "./config/load.ts";
import { createLogger } from "./config/logging.ts";
import { type KnownPlatforms, type OwnPlatforms, withOwn } from "./config/own-platforms.ts";
import { formatProblem } from "./config/problem.ts";
import { type Loaded, readConfig } from "./config/read.ts";
import type { PushOutcome } from "./deliver/pushes.ts";
import type { EventHandler, HandlerOptions } from "./dispatch/handler.ts";
import type { Replier, ReplierOptions } from "./dispatch/replier.ts";
import { hashOf } from "./http/push-request.ts";
import type { Event, EventType } from "./model/event.ts";
import type { Message } from "./model/message.ts";
import { defaultTenant } from "./model/recipient.ts";
import type { Strategy } from "./model/strategy.ts";

export interface CreateHubOptions extends OwnPlatforms {
  /** A configuration file's path, or what such a file would say, as an object. */
  readonly config: string | Readonly<Record<string, unknown>>;
  /** What relative paths are relative to; the process's working directory by default. */
  readonly cwd?: string;
  /** For `${NAME}` in the configuration, and the variables that override it; the process's by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A push from code. */
export interface Push extends Partial<Pick<Message, "level" | "style" | "mentions" | "actions">> {
  /** The alias of a configured recipient. */
  readonly recipient: string;
  readonly title: string;
  /** CommonMark. */
  readonly body: string;
  /** Default: `failover`. */
  readonly strategy?: Strategy;
  /** Only this platform of the recipient, in place of a strategy. */
  readonly platform?: string;
  /** The same key with the same content is one push, for 24 hours. */
  readonly idempotencyKey?: string;
}

/** A hub inside another program. */
export interface Hub {
  /**
   * Has code told of Events. With a name it misses none from its first registration on, also of those that arrive
   * while the program is not running: each comes at least once, in order, again after a pause when it throws.
   * Without one it gets what arrives while it runs.
   *
   * @returns The function that ends it.
   * @throws TypeError for a type that does not exist or a name that is taken; before the start, `start` rejects.
   */
  on(type: "*", handler: EventHandler, options?: HandlerOptions): () => void;
  on<Type extends EventType>(type: Type, handler: EventHandler<Event<Type>>, options?: HandlerOptions): () => void;
  /**
   * Has people replied to, in the answer to the platform's own call: no request of ours, so no address, token or quota
   * is needed. It is asked once the Event is stored, and has as long as the platform waits, less a margin: four seconds
   * for WeCom and official accounts, two and a half for a click in Feishu. Whoever throws, is late or gives what the
   * platform does not show leaves the platform its usual answer; that is counted and logged. A repeat is answered alike.
   *
   * Robots that show a text while it grows take an async iterable, and wait for minutes.
   *
   * @returns The function that ends it.
   * @throws TypeError for a type that does not exist; before the start, `start` rejects.
   */
  reply(type: "*", replier: Replier, options?: ReplierOptions): () => void;
  reply<Type extends EventType>(type: Type, replier: Replier<Event<Type>>, options?: ReplierOptions): () => void;
  /**
   * Resolves with `accepted` once it is on stable storage.
   *
   * @throws StoreError when the store cannot take it, Error before the start.
   */
  push(push: Push): Promise<PushOutcome>;
  /** Once. @throws StoreError when the data folder is in use, Node's error when the address is taken. */
  start(): Promise<void>;
  /** Stops accepting, finishes what is under way, leaves the rest stored. Harmless to repeat. */
  stop(): Promise<void>;
  /** Where its API is, without a slash at its end. @throws Error before the start. */
  readonly url: string;
}

/** The configuration cannot be used. */
export class ConfigurationError extends Error {
  readonly code = "CONFIG_INVALID";
  /** Each with its place and what would be right. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s):\n${problems.join("\n")}`);
    this.name = "ConfigurationError";
    this.problems = problems;
  }
}

/**
 * Puts a hub together; `start` runs it.
 *
 * @throws ConfigurationError with everything that is wrong, TypeError for an own platform whose name is taken.
 */
export async function createHub({
  config,
  cwd = process.cwd(),
  env = process.env,
  ...own
}: CreateHubOptions): Promise<Hub> {
  const known = withOwn(own);
  const read = () => loaded(config, cwd, env, known);
  const first = await read();
  if (!first.ok) throw new ConfigurationError(first.problems.map(formatProblem));
  const early = new Set<Register>();
  let starting: Promise<RunningHub> | undefined;
  let running: RunningHub | undefined;

  const begin = async (): Promise<RunningHub> => {
    const logger = createLogger(first.config.log, { cwd });
    for (const note of first.notes) logger.log.warn(note);
    try {
      const hub = await startHub({
        config: first.config,
        reread: read,
        known,
        cwd,
        secret: await secretOf(cwd, env),
        logger,
        print: (text) => process.stdout.write(text),
        register: (code) => early.forEach((register) => void register(code)),
      });
      return { ...hub, stop: () => hub.stop().finally(() => logger.close()) };
    } catch (error) {
      logger.close();
      throw error;
    }
  };
  const started = (): RunningHub => {
    if (!running) throw new Error("the hub is not running: await hub.start() first");
    return running;
  };

  /** Now, or as soon as there is something to register with. */
  const registered = (register: Register): (() => void) => {
    if (running) return register(running);
    let off: (() => void) | undefined;
    const later: Register = (code) => {
      off = register(code);
      return off;
    };
    early.add(later);
    return () => {
      early.delete(later);
      off?.();
    };
  };

  return {
    on: (type: EventType | "*", handler: EventHandler<never>, options?: HandlerOptions) =>
      registered(({ handlers }) => handlers.on(type as EventType, handler as EventHandler<Event>, options)),
    reply: (type: EventType | "*", replier: Replier<never>, options?: ReplierOptions) =>
      registered(({ repliers }) => repliers.on(type as EventType, replier as Replier<Event>, options)),
    push: async (push) => started().push(requestOf(push)),
    async start() {
      if (starting) throw new Error("a hub starts once; create another one");
      starting = begin();
      running = await starting;
    },
    async stop() {
      await (await starting?.catch(() => undefined))?.stop();
    },
    get url() {
      return started().url;
    },
  };
}

type Register = (code: Pick<RunningHub, "handlers" | "repliers">) => () => void;

async function loaded(
  config: CreateHubOptions["config"],
  cwd: string,
  env: CreateHubOptions["env"] & object,
  { platforms, accountSchemas }: KnownPlatforms,
): Promise<Loaded> {
  if (typeof config === "string") return loadConfig({ file: config, env, cwd, platforms, accountSchemas });
  const environment = await environmentWith([cwd], env);
  if (environment.problems.length > 0) return { ok: false, problems: environment.problems };
  // YAML 1.2 contains JSON, so an object is checked, completed and overridden exactly as a file is.
  const text = JSON.stringify(config, undefined, 2);
  return readConfig({ file: "config", text, env: environment.env, platforms, accountSchemas });
}

/** What seals stored secrets, where the operator keeps it outside of the data folder. */
async function secretOf(cwd: string, given: CreateHubOptions["env"] & object): Promise<Uint8Array | undefined> {
  const { env } = await environmentWith([cwd], given);
  return env.YIZHAN_SECRET_KEY ? Buffer.from(env.YIZHAN_SECRET_KEY) : undefined;
}

function requestOf({ recipient: alias, strategy = "failover", platform, idempotencyKey, ...said }: Push) {
  const { title, body, level = "info", style = "text", mentions, actions } = said;
  const route = platform === undefined ? { strategy } : { platform };
  const message: Message = { title, body, level, style, mentions, actions };
  const bodyHash = hashOf({ alias, route, message });
  const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey, bodyHash };
  return { tenant: defaultTenant, alias, route, message, idempotency };
}
