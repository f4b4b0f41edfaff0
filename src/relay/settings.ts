/** What the configuration says of one relay, checked. */
export interface RelaySettings {
  readonly name: string;
  /** Where it is open, such as `/wework-callback`: whole segments, no slash at its end. */
  readonly prefix: string;
  readonly methods: readonly string[];
  /** Paths below the prefix that are passed on, each with what is below it; empty for all of them. */
  readonly allowedPaths: readonly string[];
  readonly delivery: RelayDelivery;
  /** Sent on as it came; by default `Host` becomes the target's. */
  readonly keepHost: boolean;
  readonly limits: RelayLimits;
}

export type RelayDelivery =
  /** Each request goes to one of the targets, and its answer back. */
  | { readonly mode: "transparent"; readonly pool: TargetPoolSettings }
  /**
   * Each callback is verified as one of this account's, stored, answered as the platform wants, and then delivered to
   * every receiver until it takes it.
   */
  | {
      readonly mode: "durable";
      readonly account: RelayAccount;
      readonly receivers: readonly ReceiverSettings[];
      /** A callback that its receiver refused so often is set aside, so that those behind it pass. */
      readonly refusals: number;
    };

export interface RelayAccount {
  readonly platform: string;
  readonly name: string;
}

export interface TargetPoolSettings {
  readonly targets: readonly TargetSettings[];
  readonly balance: Balance;
  /** May a request be repeated on another target whatever its method, because the targets recognise repeats? */
  readonly idempotent: boolean;
  readonly passiveHealth: PassiveHealth;
  readonly activeHealth: ActiveHealth | undefined;
  /** Requests under way to one target; more get 503. */
  readonly pendingPerTarget: number;
}

export type TargetSettings =
  /** `base`: http or https, origin and path, no slash at its end. */
  | { readonly kind: "origin"; readonly base: string; readonly weight: number }
  /** The agents that connect to the tunnel of this name. */
  | { readonly kind: "tunnel"; readonly tunnel: string; readonly weight: number };

export type Balance =
  | { readonly by: "round-robin" }
  | { readonly by: "least-busy" }
  /** Requests with the same value of this header go to the same target, while it is up. */
  | { readonly by: "sticky"; readonly header: string };

export interface PassiveHealth {
  /** So many failures within `windowMs` take a target out for `ejectMs`, twice as long each time up to `maxEjectMs`. */
  readonly failures: number;
  readonly windowMs: number;
  readonly ejectMs: number;
  readonly maxEjectMs: number;
}

export interface ActiveHealth {
  readonly path: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Good answers (2xx, 3xx) in a row that bring a target back, bad ones that take it out. */
  readonly up: number;
  readonly down: number;
}

/** One of several systems that share an account's callbacks. */
export interface ReceiverSettings {
  readonly name: string;
  readonly pool: TargetPoolSettings;
  /** Path below the targets' own; what was called below the relay's prefix when absent. */
  readonly path?: string | undefined;
  /** Event types it wants; all when empty. */
  readonly types: readonly string[];
  /** Its own keys, checked by the account's platform: callbacks are signed and encrypted anew with them. */
  readonly seal?: unknown;
  /** Its answer is what the platform gets. At most one of a relay's receivers. */
  readonly answers: boolean;
}

export interface RelayLimits {
  readonly connectMs: number;
  readonly answerMs: number;
  /** Between two pieces of a body, either way. */
  readonly idleMs: number;
  readonly headerLines: number;
  /** Bytes of a request's body; undefined for no limit. */
  readonly bodyBytes: number | undefined;
}

/** Where agents in an intranet connect to, so that relays can reach it. */
export interface TunnelSettings {
  readonly name: string;
  /** Any of them lets an agent in. */
  readonly keys: readonly string[];
}
