/** Joins the slices that a large event comes in. */
export interface Slices {
  /**
   * The whole payload once the last slice is there; undefined before that.
   *
   * @param id The event's, the same for all its slices.
   * @param place From 0.
   * @param nowMs Epoch milliseconds.
   */
  add(id: string, count: number, place: number, slice: Uint8Array, nowMs: number): Uint8Array | undefined;
}

/** The official SDKs forget what is not whole by then; it comes again, because nothing of it is acknowledged. */
const patienceMs = 10_000;
const mostSlices = 256;
const mostWaiting = 100;
/** Of all that waits. */
const mostBytes = 16 * 1024 * 1024;

interface Waiting {
  readonly slices: (Uint8Array | undefined)[];
  readonly until: number;
  missing: number;
  bytes: number;
}

export function createSlices(): Slices {
  const waiting = new Map<string, Waiting>();
  const bytes = () => [...waiting.values()].reduce((sum, one) => sum + one.bytes, 0);

  return {
    add(id, count, place, slice, nowMs) {
      for (const [old, { until }] of waiting) if (until <= nowMs) waiting.delete(old);
      if (!isCount(count) || !Number.isInteger(place) || place < 0 || place >= count) return undefined;
      if (count === 1) return slice;
      const set = waiting.get(id) ?? {
        slices: Array.from({ length: count }, () => undefined),
        until: nowMs + patienceMs,
        missing: count,
        bytes: 0,
      };
      // A slice that came before, or one that counts its siblings otherwise.
      if (set.slices.length !== count || set.slices[place] !== undefined) return undefined;
      set.slices[place] = slice;
      set.missing--;
      set.bytes += slice.length;
      waiting.delete(id);
      if (set.missing === 0) return Buffer.concat(set.slices.filter((one) => one !== undefined));
      waiting.set(id, set);
      for (const [oldest] of waiting) {
        if (waiting.size <= mostWaiting && bytes() <= mostBytes) break;
        waiting.delete(oldest);
      }
      return undefined;
    },
  };
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= mostSlices;
}
