import type { RateWindow } from "../model/rate.ts";

/** A published limit: a sliding window and, on some platforms, a penalty for exceeding it. */
export interface Limit extends RateWindow {
  /** How long everything is refused once the window was exceeded. Milliseconds; absent: only until there is room. */
  readonly blockMs?: number | undefined;
}

/** Counts one robot's messages against its limits. Refused messages do not count. */
export class RateMeter {
  readonly #windows: readonly Window[];
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: readonly Limit[]) {
    this.#windows = limits.map((limit) => new Window(limit));
  }

  /** Takes one message in, or refuses it. `nowMs` must not go backwards. */
  admit(nowMs: number): boolean {
    if (nowMs < this.#blockedUntil) return false;
    for (const window of this.#windows) {
      if (window.hasRoom(nowMs)) continue;
      const { blockMs } = window.limit;
      if (blockMs !== undefined) this.#blockedUntil = nowMs + blockMs;
      return false;
    }
    for (const window of this.#windows) window.add(nowMs);
    return true;
  }
}

/** The times of the last `messages` messages: there is room when the oldest of them has left the span. */
class Window {
  readonly limit: Limit;
  readonly #times: number[] = [];
  #oldest = 0;

  constructor(limit: Limit) {
    this.limit = limit;
  }

  hasRoom(nowMs: number): boolean {
    if (this.#times.length < this.limit.messages) return true;
    const oldest = this.#times[this.#oldest];
    return oldest === undefined || nowMs - oldest >= this.limit.perMs;
  }

  add(nowMs: number): void {
    if (this.#times.length < this.limit.messages) {
      this.#times.push(nowMs);
      return;
    }
    this.#times[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.limit.messages;
  }
}

/** How the published limits are bent for a test or a benchmark. */
export interface Pace {
  /** `false`: no limits at all. */
  readonly enabled: boolean;
  /** Multiplies how many messages a window holds. */
  readonly messageFactor: number;
  /** Multiplies how long windows and blocks last: 0.01 turns a minute into 600 ms. */
  readonly timeFactor: number;
}

export const publishedPace: Pace = { enabled: true, messageFactor: 1, timeFactor: 1 };

export function paced(limits: readonly Limit[], pace: Pace): readonly Limit[] {
  if (!pace.enabled) return [];
  return limits.map(({ messages, perMs, blockMs }) => ({
    messages: Math.max(1, Math.round(messages * pace.messageFactor)),
    perMs: perMs * pace.timeFactor,
    blockMs: blockMs === undefined ? undefined : blockMs * pace.timeFactor,
  }));
}
