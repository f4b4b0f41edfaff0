import { hash } from "node:crypto";
import { type App, type AppCall, AppFailure, type AppHttp, type AppIdentity } from "../platforms/app-calls.ts";
import { askingThrough } from "../platforms/proxied.ts";
import type { LeaseStore, StoredToken, TokenStore } from "../store/store.ts";
import type { ReceivingAccount } from "./accounts.ts";
import type { JobClock } from "./job-lane.ts";

/** The account that is asked about. */
export type CallingAccount = Pick<ReceivingAccount, "platform" | "settings" | "proxy">;

/** Who asks for a token, and by which way. */
interface Asking {
  readonly app: App;
  readonly http: AppHttp;
}

export interface AppTokensOptions {
  readonly store: TokenStore & LeaseStore;
  readonly http: AppHttp;
  readonly clock: JobClock;
  /** This process, among those that share the store. */
  readonly owner: string;
}

/** How long one process may take to get a token before another tries. */
const leaseMs = 30_000;
/** How often it is looked whether the other has it. */
const lookMs = 250;
/** A token request may take this long. */
const tokenTimeoutMs = 10_000;
/**
 * After a refused secret nobody asks again for this long: WeCom closes its door to an address that repeats a wrong one
 * (https://developer.work.weixin.qq.com/document/path/90313).
 */
const refusedMs = 60_000;
/** Renewed this long before its end, or a fifth of its life where that is shorter. */
const marginMs = 5 * 60_000;

/**
 * The apps' tokens: one each, in the store, for all processes. A new one is asked for once, by one request of one
 * process, before the old one ends; everyone else waits for it.
 */
export class AppTokens {
  readonly #options: AppTokensOptions;
  readonly #renewing = new Map<string, Promise<string>>();
  readonly #refused = new Map<string, { readonly until: number; readonly failure: AppFailure }>();

  constructor(options: AppTokensOptions) {
    this.#options = options;
  }

  /** What an App's calls are given for an account. */
  callFor({ platform, settings, proxy }: CallingAccount, app: App, timeoutMs: number): AppCall<unknown> {
    const { clock } = this.#options;
    const http = askingThrough(proxy, this.#options.http);
    const asking = { app, http };
    return {
      account: settings,
      http,
      timeoutMs,
      nowMs: clock.now(),
      withToken: async (use) => {
        const identity = app.identity(settings);
        if (!identity) throw new AppFailure(withoutSecret);
        const key = keyOf(platform, identity);
        const first = await this.#token(key, asking, identity);
        try {
          return await use(first);
        } catch (failure) {
          if (!(failure instanceof AppFailure) || !failure.tokenRefused) throw failure;
        }
        return use(await this.#token(key, asking, identity, first));
      },
    };
  }

  /** @param refused The token that the platform just refused. */
  async #token(key: string, asking: Asking, identity: AppIdentity, refused?: string): Promise<string> {
    const { store, clock } = this.#options;
    const stored = await store.token(key);
    if (stored && stored.token !== refused && clock.now() < stored.renewAt) return stored.token;
    const renewing = this.#renewing.get(key);
    if (renewing !== undefined) return renewing;
    const renewed = this.#renew(key, asking, identity, refused).finally(() => this.#renewing.delete(key));
    this.#renewing.set(key, renewed);
    return renewed;
  }

  async #renew(key: string, asking: Asking, identity: AppIdentity, refused?: string): Promise<string> {
    const { store, clock, owner } = this.#options;
    const lease = `token:${key}`;
    for (let looks = 0; looks * lookMs <= 2 * leaseMs; looks++) {
      if (await store.takeLease(lease, owner, clock.now(), clock.now() + leaseMs)) {
        try {
          // Whoever had the lease before may have got one.
          return (await this.#fresh(key, refused)) ?? (await this.#ask(key, asking, identity, refused));
        } finally {
          await store.dropLease(lease, owner);
        }
      }
      await new Promise<void>((resolve) => clock.at(clock.now() + lookMs, resolve));
      const fresh = await this.#fresh(key, refused);
      if (fresh !== undefined) return fresh;
    }
    throw new AppFailure({
      kind: "unavailable",
      code: "timeout",
      message: "another process did not get the token in time",
      advice: "稍后自动重试",
    });
  }

  async #fresh(key: string, refused?: string): Promise<string | undefined> {
    const { store, clock } = this.#options;
    const stored = await store.token(key);
    return stored && stored.token !== refused && clock.now() < stored.renewAt ? stored.token : undefined;
  }

  async #ask(key: string, asking: Asking, identity: AppIdentity, refused?: string): Promise<string> {
    const { store, clock } = this.#options;
    const { app, http } = asking;
    const earlier = this.#refused.get(key);
    if (earlier && clock.now() < earlier.until) throw earlier.failure;
    try {
      const ports = { http, timeoutMs: tokenTimeoutMs, nowMs: clock.now() };
      const { token, lifetimeMs } = await app.token(identity, ports, refused);
      const expiresAt = clock.now() + lifetimeMs;
      const stored: StoredToken = { token, expiresAt, renewAt: expiresAt - Math.min(marginMs, lifetimeMs / 5) };
      await store.saveToken(key, { ...stored, renewAt: Math.floor(stored.renewAt) });
      this.#refused.delete(key);
      return token;
    } catch (failure) {
      if (!(failure instanceof AppFailure)) throw failure;
      // Not `tokenRefused`: a secret that is refused is not helped by another token.
      const refusal = new AppFailure(failure.error, { cause: failure });
      if (failure.error.kind === "unauthorized") {
        this.#refused.set(key, { until: clock.now() + refusedMs, failure: refusal });
      }
      // The old one is good for a while yet.
      const stored = await store.token(key);
      if (stored && stored.token !== refused && clock.now() < stored.expiresAt) return stored.token;
      throw refusal;
    }
  }
}

const withoutSecret = {
  kind: "unauthorized",
  code: "account",
  message: "the account has no secret to get a token with",
  advice: "调用平台接口需要应用的密钥：请在账号配置中填写",
} as const;

/** Another secret is another app, as far as tokens go; of the secret only a digest is kept. */
function keyOf(platform: string, { base, id, secret }: AppIdentity): string {
  return `${platform}:${hash("sha256", JSON.stringify([base, id, secret]), "hex").slice(0, 32)}`;
}
