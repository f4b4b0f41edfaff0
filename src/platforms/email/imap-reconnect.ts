import type { ImapTrouble } from "./imap-trouble.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;
/** Providers lock mailboxes whose login fails again and again. */
const LOGIN_MS = 5 * 60_000;

/**
 * How long to stay away after so many failures in a row: twice as long each time, and never in step with others
 * whose server came back in the same second. A refused login waits for a person.
 *
 * @param random From 0 to 1.
 */
export function reconnectDelay(failures: number, trouble: ImapTrouble, random: number): number {
  const longest = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  const base = trouble.code === "login" ? LOGIN_MS : longest;
  return Math.round(base * (0.5 + random / 2));
}
