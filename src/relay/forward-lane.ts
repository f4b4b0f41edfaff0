import type { ForwardLane } from "../model/forward.ts";

const prefix = "forward:";

/**
 * The names of a receiver's lanes: one a chat, and one without a chat in which a receiver that is down is asked
 * whether it is back. Names of relays and receivers have no colon; a chat's id may.
 */
export function laneName({ relay, receiver, chat }: ForwardLane): string {
  return `${prefix}${relay}:${receiver}:${chat}`;
}

export function probeLaneName(relay: string, receiver: string): string {
  return `${prefix}${relay}:${receiver}`;
}

/** Lanes of one receiver. */
export function receiverOfLane(lane: string): string {
  return lane.split(":", 3).join(":");
}

/** What a name stands for; `chat` is undefined for the lane that probes. */
export function laneOf(name: string): Omit<ForwardLane, "chat"> & { readonly chat: string | undefined } {
  const [, relay = "", receiver = ""] = name.split(":", 3);
  const start = prefix.length + relay.length + 1 + receiver.length;
  return { relay, receiver, chat: name.length > start ? name.slice(start + 1) : undefined };
}
