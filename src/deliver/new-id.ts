import { randomFillSync } from "node:crypto";
import { uuidv7 } from "../model/uuid.ts";

const ID_BYTES = 10;

/** Makes UUIDv7s, asking the system for randomness a few hundred ids at a time: each call costs microseconds. */
export function idMaker(): (now: number) => string {
  const pool = new Uint8Array(ID_BYTES * 409);
  let used = pool.length;
  return (now) => {
    if (used + ID_BYTES > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += ID_BYTES;
    return uuidv7(now, pool.subarray(used - ID_BYTES, used));
  };
}
