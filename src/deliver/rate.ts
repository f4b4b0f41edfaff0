import type { RateWindow } from "../model/rate.ts";

/**
 * When the next message may go out, given when the recent ones were answered (oldest first): now, or the time
 * at which every window has room again. Answer times, not sending times, are counted: the platform saw a message
 * before it answered, so spacing from the answer keeps its window however the network's delay varies.
 */
export function nextAllowed(recent: readonly number[], windows: readonly RateWindow[], now: number): number {
  let at = now;
  for (const { messages, perMs } of windows) {
    const blocking = recent[recent.length - messages];
    if (blocking !== undefined && blocking + perMs > at) at = blocking + perMs;
  }
  return at;
}

/** `recent` with one more answer, without what no window looks back at. */
export function remembered(recent: readonly number[], windows: readonly RateWindow[], at: number): number[] {
  const longest = Math.max(0, ...windows.map(({ perMs }) => perMs));
  const most = Math.max(0, ...windows.map(({ messages }) => messages));
  return [...recent, at].filter((time) => time + longest > at).slice(-most);
}
