import { hash } from "node:crypto";
import type { Moment } from "./call.ts";

/** A positive 63-bit number as text, as WeCom and WeChat number messages. */
export function numberId({ random }: Moment): string {
  return String(random(8).readBigUInt64BE() >> 1n);
}

/**
 * The same as a number, the given one if there is one.
 *
 * @throws RangeError for text that is no such number.
 */
export function messageNumber(given: string | undefined, moment: Moment): bigint {
  if (given === undefined) return BigInt(numberId(moment));
  if (!/^\d{1,19}$/.test(given)) throw new RangeError(`message: "${given}" is no number of up to 19 digits`);
  return BigInt(given);
}

/** The digits that WeCom, WeChat and DingTalk call a nonce. */
export function digitNonce({ random }: Moment): string {
  return String(random(4).readUInt32BE());
}

export function hexId({ random }: Moment, bytes = 16): string {
  return random(bytes).toString("hex");
}

/** The same id for the same name, always: a person's chat with an app has one id on every day. */
export function steadyId(prefix: string, name: string): string {
  return `${prefix}${hash("sha256", name, "hex").slice(0, 32)}`;
}

/** Epoch seconds. */
export function secondsOf({ nowMs }: Moment): number {
  return Math.floor(nowMs / 1000);
}
