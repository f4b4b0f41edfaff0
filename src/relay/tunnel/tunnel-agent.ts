import { backoffMs } from "../../model/backoff.ts";
import { locationRewriter, type RewriteLocation } from "../answer-headers.ts";
import type { Clock } from "../clock.ts";
import type { Target } from "../target.ts";
import { tunnelOrigin } from "./frames.ts";
import { revokedCode } from "./handshake.ts";
import { HubLink } from "./hub-link.ts";
import { connectToHub, HubRefused, type OpenedSocket } from "./hub-socket.ts";
import { listenTo, wordsOf } from "./socket-wire.ts";

export interface TunnelAgentOptions {
  /** `ws:` or `wss:`, with the tunnel's path. */
  readonly url: URL;
  /** Asked for at every connection, so that a file with a new key is enough. */
  readonly key: () => Promise<string>;
  /** How the hub's status calls it. */
  readonly name: string;
  /** All that the hub can reach through this agent. It is not closed with it. */
  readonly target: Target;
  /** The target's address, to know it again in a `Location`. */
  readonly base: string;
  /** PEM of the authorities to trust in place of the system's. */
  readonly ca?: string | undefined;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: { info(text: string): void; warn(text: string): void };
}

const retry = { attempts: Number.POSITIVE_INFINITY, initialDelayMs: 500, maxDelayMs: 30_000, jitter: 0.5 } as const;

/** A hub that does not want this agent waits for a person. */
const refusedMs = 60_000;

/** A connection that lasted so long was none of a row of failures. */
const steadyMs = 10_000;

/** How long requests may take that are under way when the agent stops. */
const graceMs = 10_000;

const goingAway = 1001;

/** Keeps a connection to the hub, and serves what comes through it. */
export class TunnelAgent {
  readonly #options: TunnelAgentOptions;
  readonly #rewriteLocation: RewriteLocation;
  #isStopping = false;
  #link: HubLink | undefined;
  /** Ends what is waited for. */
  #interrupt: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: TunnelAgentOptions) {
    this.#options = options;
    this.#rewriteLocation = locationRewriter([options.base], tunnelOrigin);
  }

  /**
   * Resolves when it was stopped. Whatever breaks after the first connection is tried again.
   *
   * @throws HubRefused when the hub did not want the first connection, for a reason that will not pass by itself.
   */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Takes nothing new, and finishes what is under way within ten seconds. Harmless to repeat. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#interrupt?.();
    const { clock } = this.#options;
    const link = this.#link;
    link?.drain("the agent stops");
    const callOff = clock.at(clock.now() + graceMs, () => link?.session.close(goingAway, "the agent stops"));
    // Whoever runs it is told how that ended.
    await this.#running?.catch(() => {});
    callOff();
  }

  async #run(): Promise<void> {
    const { clock, log, random } = this.#options;
    let failures = 0;
    let wasConnected = false;
    while (!this.#isStopping) {
      const startedAt = clock.now();
      let pauseMs: number | undefined;
      try {
        const socket = await this.#connect();
        if (this.#isStopping) {
          socket.webSocket.close(goingAway);
          return;
        }
        wasConnected = true;
        const code = await this.#serve(socket);
        if (clock.now() - startedAt >= steadyMs) failures = 0;
        if (code === revokedCode) pauseMs = refusedMs;
      } catch (error) {
        if (!(error instanceof HubRefused)) throw error;
        if (error.isLasting && !wasConnected) throw error;
        if (!this.#isStopping) log.warn(error.message);
        if (error.isLasting) pauseMs = refusedMs;
      }
      if (this.#isStopping) return;
      failures++;
      const delayMs = pauseMs ?? backoffMs(retry, failures, random());
      log.info(`trying again in ${(delayMs / 1_000).toFixed(1)} s`);
      await this.#pause(delayMs);
    }
  }

  async #connect(): Promise<OpenedSocket> {
    const { url, name, ca } = this.#options;
    const opening = connectToHub({ url, key: await this.#key(), name, ca });
    this.#interrupt = opening.abort;
    try {
      return await opening.socket;
    } finally {
      this.#interrupt = undefined;
    }
  }

  async #key(): Promise<string> {
    try {
      return await this.#options.key();
    } catch (cause) {
      throw new HubRefused(`the key cannot be read (${wordsOf(cause)})`, { isLasting: true, cause });
    }
  }

  /** Resolves with the close code when the connection is over. */
  async #serve({ webSocket, wire }: OpenedSocket): Promise<number> {
    const { url, clock, target, log } = this.#options;
    const { promise: closed, resolve } = Promise.withResolvers<number>();
    const link = new HubLink({
      wire,
      clock,
      target,
      rewriteLocation: this.#rewriteLocation,
      onFailed: ({ method, path }, { failure, message }) => {
        if (failure !== "caller-gone") log.warn(`${method} ${path} was not answered: ${message}`);
      },
      onEnd: (words) => {
        this.#link = undefined;
        log.info(`disconnected from ${url.host}: ${words}`);
      },
    });
    this.#link = link;
    listenTo(webSocket, link.session, resolve);
    webSocket.resume();
    log.info(`connected to ${url.host}; requests go to ${target.name}`);
    return closed;
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const callOff = clock.at(clock.now() + ms, resolve);
      this.#interrupt = () => {
        callOff();
        resolve();
      };
    });
    this.#interrupt = undefined;
  }
}
