const [minuteMs, hourMs] = [60_000, 3_600_000];
const dayMs = 24 * hourMs;

/** How long after sending it is asked: people read soon or late. */
const pointsMs = [minuteMs / 2, 2 * minuteMs, 10 * minuteMs, hourMs, 3 * hourMs, 8 * hourMs];
/** The last time is this long before the platform forgets. */
const marginMs = 10 * minuteMs;

/**
 * When to ask next: after 30 s, 2 min, 10 min, 1 h, 3 h, 8 h, then daily, and once more just before the platform's
 * limit. Undefined when that was the last time.
 *
 * @param sentAt Epoch milliseconds, as `now`.
 * @param limitMs How long after sending the platform answers.
 */
export function nextPollAt(sentAt: number, now: number, limitMs: number): number | undefined {
  const age = now - sentAt;
  const last = limitMs - marginMs;
  const point = pointsMs.find((ms) => ms > age) ?? (Math.floor(age / dayMs) + 1) * dayMs;
  if (point < last) return sentAt + point;
  return age < last ? sentAt + last : undefined;
}
