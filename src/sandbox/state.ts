import type { Callbacks } from "./callbacks.ts";
import { Faults } from "./faults.ts";
import { type Arrival, Inbox, type InboxBounds, type ReceivedMessage } from "./inbox.ts";
import { Robots } from "./robots.ts";
import type { StandIn } from "./stand-in.ts";
import { newTallies, type Tallies } from "./tally.ts";

/** Everything the sandbox knows, in one place for its doors: HTTP, SMTP, the control API, and the process it runs in. */
export interface SandboxState {
  readonly standIns: readonly StandIn[];
  readonly robots: Robots;
  readonly inbox: Inbox;
  readonly faults: Faults;
  readonly tallies: Tallies;
  readonly callbacks: Callbacks;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Keeps a message and tells whoever wanted to know. */
  receive(arrival: Arrival): void;
}

export interface StateOptions {
  readonly standIns: readonly StandIn[];
  readonly strict: boolean;
  readonly inbox: InboxBounds;
  readonly callbacks: Callbacks;
  readonly now: () => number;
  readonly onMessage: ((message: ReceivedMessage) => void) | undefined;
}

export function newState({ standIns, strict, inbox: bounds, callbacks, now, onMessage }: StateOptions): SandboxState {
  const inbox = new Inbox(bounds);
  const tallies = newTallies();
  return {
    standIns,
    robots: new Robots(standIns, strict),
    inbox,
    faults: new Faults(),
    tallies,
    callbacks,
    now,
    receive(arrival) {
      tallies[arrival.platform].accepted++;
      const message = inbox.add(arrival);
      onMessage?.(message);
    },
  };
}

/** A snapshot of the counters. */
export interface Statistics {
  readonly platforms: Tallies;
  readonly inbox: { readonly kept: number; readonly fellOut: number; readonly last: number };
}

export function statisticsOf({ tallies, inbox }: SandboxState): Statistics {
  return { platforms: structuredClone(tallies), inbox: { kept: inbox.kept, fellOut: inbox.fellOut, last: inbox.last } };
}
