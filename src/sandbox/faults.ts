import type { SandboxPlatform } from "./stand-in.ts";

export const faultModes = ["fail", "stall", "throttle", "drop", "garbage"] as const;

/**
 * `fail` answers an error; `stall` answers late, or never; `throttle` answers as to a robot that sends too
 * fast; `drop` destroys the connection; `garbage` answers 200 with a page that is no API answer.
 */
export type FaultMode = (typeof faultModes)[number];

/** What should go wrong, where, and how often. */
export interface FaultSettings {
  readonly mode: FaultMode;
  /** Absent: all of them. */
  readonly platform?: SandboxPlatform | undefined;
  /** A robot's token, or for email a recipient's address; absent: all of them. */
  readonly token?: string | undefined;
  /** How many requests it strikes; absent: every one until it is deleted. */
  readonly times?: number | undefined;
  /** For `fail`: the platform's error code, or for email the SMTP reply code (4xx, 5xx). */
  readonly code?: string | undefined;
  /** For `fail`: the text beside the code. */
  readonly message?: string | undefined;
  /** For `fail` and `throttle`: the HTTP status, otherwise what the platform would use. */
  readonly status?: number | undefined;
  /** For `fail` and `throttle`: told in the answer's headers. Seconds. */
  readonly retryAfterSeconds?: number | undefined;
  /** For `stall`: absent means until the client leaves or the fault is deleted. Milliseconds. */
  readonly delayMs?: number | undefined;
  /** For email: which command is struck, `rcpt` or `data`. Default `data`. */
  readonly stage?: "rcpt" | "data" | undefined;
  /** `false`: the message is taken in first, and only then its answer goes wrong. Default true. */
  readonly beforeAccepting?: boolean | undefined;
}

export interface Fault extends FaultSettings {
  readonly id: number;
  /** How many requests it has struck. */
  readonly struck: number;
  /** How many more it will; absent: no end. */
  readonly left?: number;
}

const mostFaults = 1_000;

interface Entry {
  readonly id: number;
  readonly settings: FaultSettings;
  struck: number;
  readonly stalled: Set<() => void>;
}

/** What should go wrong. The oldest fault that fits a request strikes it; one request, one fault. */
export class Faults {
  readonly #entries = new Map<number, Entry>();
  /** Faults that are used up but still hold requests back. */
  readonly #spent = new Set<Entry>();
  #nextId = 1;

  /** @throws RangeError when there are too many already. */
  add(settings: FaultSettings): Fault {
    if (this.#entries.size >= mostFaults)
      throw new RangeError(`there are ${mostFaults} faults already; delete some first`);
    const entry: Entry = { id: this.#nextId++, settings, struck: 0, stalled: new Set() };
    this.#entries.set(entry.id, entry);
    return shown(entry);
  }

  list(): Fault[] {
    return [...this.#entries.values()].map(shown);
  }

  /** Ends all faults, or one, and lets the requests go on that they held back. @returns whether there was any. */
  clear(id?: number): boolean {
    const gone = [...this.#entries.values(), ...this.#spent].filter((entry) => id === undefined || entry.id === id);
    for (const entry of gone) {
      this.#entries.delete(entry.id);
      this.#spent.delete(entry);
      for (const release of [...entry.stalled]) release();
    }
    return gone.length > 0;
  }

  /** The fault that strikes this request, if one does. */
  strike(platform: SandboxPlatform, token: string, stage: "rcpt" | "data" = "data"): Strike | undefined {
    if (this.#entries.size === 0) return undefined;
    for (const entry of this.#entries.values()) {
      const { settings } = entry;
      if (settings.platform !== undefined && settings.platform !== platform) continue;
      if (settings.token !== undefined && settings.token !== token) continue;
      if ((settings.stage ?? "data") !== stage) continue;
      entry.struck++;
      if (settings.times !== undefined && entry.struck >= settings.times) {
        this.#entries.delete(entry.id);
        if (settings.mode === "stall") this.#spent.add(entry);
      }
      return { settings, hold: (signal) => this.#hold(entry, signal) };
    }
    return undefined;
  }

  async #hold(entry: Entry, signal: AbortSignal): Promise<void> {
    const { delayMs } = entry.settings;
    await new Promise<void>((resolve) => {
      const timer = delayMs === undefined ? undefined : setTimeout(() => release(), delayMs);
      const release = () => {
        clearTimeout(timer);
        entry.stalled.delete(release);
        signal.removeEventListener("abort", release);
        resolve();
      };
      entry.stalled.add(release);
      signal.addEventListener("abort", release);
      if (signal.aborted) release();
    });
    if (entry.stalled.size === 0) this.#spent.delete(entry);
  }
}

/** A fault that was chosen for one request. */
export interface Strike {
  readonly settings: FaultSettings;
  /** For `stall`: resolves after the delay, when the fault is deleted, or when the client has left. */
  hold(clientLeft: AbortSignal): Promise<void>;
}

function shown({ id, settings, struck }: Entry): Fault {
  const left = settings.times === undefined ? {} : { left: settings.times - struck };
  return { id, ...settings, struck, ...left };
}
