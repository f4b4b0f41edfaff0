import type { ApiState } from "./apis/api-state.ts";
import type { AppSecrets } from "./app-secrets.ts";
import type { Callbacks } from "./callbacks.ts";
import { Faults } from "./faults.ts";
import { type Arrival, Inbox, type InboxBounds, type ReceivedMessage } from "./inbox.ts";
import { Robots } from "./robots.ts";
import type { StandIn } from "./stand-in.ts";
import type { StreamHappenings } from "./streams/happenings.ts";
import type { Streams } from "./streams/streams.ts";
import { newTallies, type Tallies } from "./tally.ts";
import type { Timer } from "./timer.ts";

/** What there is beside robots and their messages. */
interface Sides {
  readonly callbacks: Callbacks;
  readonly secrets: AppSecrets;
  readonly apis: ApiState;
  readonly streams: Streams;
  readonly happenings: StreamHappenings;
  readonly timer: Timer;
}

/** Everything the sandbox knows, in one place for its doors: HTTP, SMTP, the control API, and the process it runs in. */
export interface SandboxState extends Sides {
  readonly standIns: readonly StandIn[];
  readonly robots: Robots;
  readonly inbox: Inbox;
  readonly faults: Faults;
  readonly tallies: Tallies;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Keeps a message and tells whoever wanted to know. */
  receive(arrival: Arrival): void;
}

export interface StateOptions extends Sides {
  readonly standIns: readonly StandIn[];
  readonly strict: boolean;
  readonly inbox: InboxBounds;
  readonly now: () => number;
  readonly onMessage: ((message: ReceivedMessage) => void) | undefined;
}

export function newState({ standIns, strict, inbox: bounds, now, onMessage, ...sides }: StateOptions): SandboxState {
  const inbox = new Inbox(bounds);
  const tallies = newTallies();
  return {
    standIns,
    robots: new Robots(standIns, strict),
    inbox,
    faults: new Faults(),
    tallies,
    ...sides,
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
  /** Requests to the platforms' APIs by path, and how many different tokens there were. */
  readonly apis: { readonly asked: Readonly<Record<string, number>>; readonly tokens: number };
  readonly platforms: Tallies;
  readonly inbox: { readonly kept: number; readonly fellOut: number; readonly last: number };
}

export function statisticsOf({ tallies, inbox, apis }: SandboxState): Statistics {
  return {
    platforms: structuredClone(tallies),
    inbox: { kept: inbox.kept, fellOut: inbox.fellOut, last: inbox.last },
    apis: { asked: Object.fromEntries(apis.asked), tokens: apis.issued },
  };
}
