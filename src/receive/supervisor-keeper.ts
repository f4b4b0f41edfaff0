import type { HttpClient } from "../platforms/http.ts";
import type { JsonObject } from "../platforms/json-fields.ts";
import { postingThrough } from "../platforms/proxied.ts";
import {
  type OpenStream,
  type StreamClock,
  type StreamEnd,
  type Streamer,
  StreamFailure,
  type StreamFrame,
} from "../platforms/streaming.ts";
import type { LeaseStore } from "../store/store.ts";
import type { ReceivingAccount } from "./accounts.ts";
import { reconnectDelayMs } from "./supervisor-backoff.ts";

/** An Account that is listened to over a connection which the hub opens. */
export type StreamingAccount = Pick<ReceivingAccount, "tenant" | "platform" | "name" | "settings" | "proxy"> & {
  readonly streamer: Streamer;
};

/** How an Account's long connection is. */
export interface StreamHealth {
  /** `standby`: another process has it; `waiting`: it broke, and is tried again. */
  readonly state: "standby" | "connecting" | "connected" | "waiting" | "stopped";
  /** Since when it is so. Epoch milliseconds, as all of these. */
  readonly since: number;
  /** When something last came from the platform; absent before the first connection. */
  readonly lastAliveAt?: number | undefined;
  /** Connections after the first. */
  readonly reconnects: number;
  /** Why the last connection ended, or did not come about. */
  readonly lastError?: string | undefined;
}

export interface KeeperOptions {
  readonly leases: LeaseStore;
  /** Tells this process from the others. */
  readonly owner: string;
  readonly http: HttpClient;
  readonly clock: StreamClock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** Resolves once the Events are stored, with the reply for the person where there is one. */
  readonly onFrame: (account: StreamingAccount, frame: StreamFrame) => Promise<JsonObject | undefined>;
}

/** How long a process that died keeps the others from taking its place. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** So many ping intervals without a sign of life, and the connection counts as dead. */
const SILENT_INTERVALS = 2.5;
/** A connection that lasted this long was a good one: the next pause is the shortest again. */
const STEADY_MS = 60_000;

/** Keeps one Account connected for as long as no other process does. */
export class StreamKeeper {
  readonly #account: StreamingAccount;
  readonly #options: KeeperOptions;
  readonly #lease: string;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #health: StreamHealth;
  #stream: OpenStream | undefined;
  #connections = 0;

  constructor(account: StreamingAccount, options: KeeperOptions) {
    this.#account = account;
    this.#options = options;
    this.#lease = `stream:${account.tenant}/${account.platform}/${account.name}`;
    this.#health = { state: "standby", since: options.clock.now(), reconnects: 0 };
    this.#done = this.#keep();
  }

  health(): StreamHealth {
    const lastAliveAt = this.#stream?.lastAliveAt() ?? this.#health.lastAliveAt;
    return { ...this.#health, ...(lastAliveAt === undefined ? {} : { lastAliveAt }) };
  }

  /** Lets frames in hand be stored and acknowledged, then gives the Account to other processes. Harmless to repeat. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #keep(): Promise<void> {
    const { clock, random, log } = this.#options;
    const { platform, name } = this.#account;
    let failures = 0;
    while (!this.#stopped) {
      if (!(await this.#takeLease())) {
        if (this.#stopped) break;
        this.#become("standby");
        await this.#pause(RENEW_MS * (0.5 + random() / 2));
        continue;
      }
      const startedAt = clock.now();
      const { reason, detail } = await this.#listen(startedAt + LEASE_MS);
      await this.#dropLease();
      if (this.#stopped) break;
      failures = clock.now() - startedAt >= STEADY_MS ? 1 : failures + 1;
      const retryInMs = reconnectDelayMs(failures, reason, random());
      log.warn({ platform, account: name, reason, retryInMs }, `the stream ended: ${detail}`);
      this.#become("waiting", detail);
      await this.#pause(retryInMs);
    }
    this.#become("stopped");
  }

  /** One connection, from the attempt to its end. @param leaseUntil Epoch milliseconds. */
  async #listen(leaseUntil: number): Promise<StreamEnd> {
    const { clock, log, onFrame } = this.#options;
    const account = this.#account;
    const { platform, name, streamer, settings, proxy } = account;
    const http = postingThrough(proxy, this.#options.http);
    this.#become("connecting");
    const lost = new AbortController();
    const endRenewing = this.#renewUntilLost(leaseUntil, (why) => lost.abort(why));
    const signal = AbortSignal.any([this.#stopping.signal, lost.signal]);
    let endWatching = () => {};
    try {
      const deliver = (frame: StreamFrame) => onFrame(account, frame);
      const stream = await streamer.open(settings, { http, proxy, clock, log, signal, onFrame: deliver });
      this.#stream = stream;
      this.#connections++;
      this.#become("connected");
      log.info({ platform, account: name }, "the stream is open");
      endWatching = this.#watch(stream);
      const end = await stream.closed;
      return lost.signal.aborted ? { reason: "unavailable", detail: String(lost.signal.reason) } : end;
    } catch (error) {
      if (error instanceof StreamFailure) return { reason: error.reason, detail: error.message };
      // A mistake of ours must not end the loop: the account would stay silent until somebody notices.
      log.warn({ err: error, platform, account: name }, "the stream failed in a way that is not known");
      return { reason: "unavailable", detail: "an unexpected error, see the log" };
    } finally {
      endRenewing();
      endWatching();
      this.#health = this.health();
      this.#stream = undefined;
    }
  }

  /** Ends a connection that nothing comes from any more: TCP alone may not notice for hours. */
  #watch(stream: OpenStream): () => void {
    const { clock } = this.#options;
    return this.#every(
      () => Math.max(stream.pingIntervalMs() / 2, 500),
      () => {
        const silentMs = clock.now() - stream.lastAliveAt();
        if (silentMs <= SILENT_INTERVALS * stream.pingIntervalMs()) return;
        stream.close({ reason: "unavailable", detail: `nothing came for ${Math.round(silentMs / 1000)} s` });
      },
    );
  }

  /**
   * While the store cannot be written, the lease counts as held until it would have run out: nobody else can take it
   * before that, and a full disk for a second is no reason to disconnect.
   */
  #renewUntilLost(leaseUntil: number, onLost: (why: string) => void): () => void {
    const { leases, owner, clock } = this.#options;
    let until = leaseUntil;
    return this.#every(
      () => RENEW_MS,
      () => {
        const now = clock.now();
        leases.takeLease(this.#lease, owner, now, now + LEASE_MS).then(
          (held) => {
            if (held) until = now + LEASE_MS;
            else onLost("another process has taken over");
          },
          () => {
            if (clock.now() >= until) onLost("the store could not be written, so another process may have taken over");
          },
        );
      },
    );
  }

  async #takeLease(): Promise<boolean> {
    const { leases, owner, clock, log } = this.#options;
    const now = clock.now();
    try {
      return await leases.takeLease(this.#lease, owner, now, now + LEASE_MS);
    } catch (error) {
      if (!this.#stopped) log.warn({ err: error }, "the store cannot say who may listen; asked again soon");
      return false;
    }
  }

  async #dropLease(): Promise<void> {
    // A lease that cannot be given back runs out.
    await this.#options.leases.dropLease(this.#lease, this.#options.owner).catch(() => {});
  }

  #become(state: StreamHealth["state"], lastError = this.#health.lastError): void {
    const since = state === this.#health.state ? this.#health.since : this.#options.clock.now();
    const { lastAliveAt } = this.#health;
    this.#health = { state, since, lastAliveAt, reconnects: Math.max(this.#connections - 1, 0), lastError };
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  #every(intervalMs: () => number, call: () => void): () => void {
    const { clock } = this.#options;
    let callOff = () => {};
    const schedule = () => {
      callOff = clock.at(clock.now() + intervalMs(), () => {
        schedule();
        call();
      });
    };
    schedule();
    return () => callOff();
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const end = () => {
        callOff();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const callOff = clock.at(clock.now() + ms, end);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    });
  }
}
