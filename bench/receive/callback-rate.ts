import { percentile } from "../figures.ts";
import type { HubProcess } from "../hub-process.ts";
import { Load } from "../load.ts";

export const connections = 64;

export interface CallbackRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

export interface CallbackRateOptions {
  readonly request: (n: number) => string;
  /** How many there are; each is sent once. */
  readonly count: number;
  /** Without it, as fast as answers come. */
  readonly perSecond?: number;
}

/**
 * Sends every callback over 64 connections. @throws Error when one was not answered as the platform wants it: a refusal
 * is cheaper and would flatter the rate.
 */
export async function callbackRate(hub: Pick<HubProcess, "port">, options: CallbackRateOptions): Promise<CallbackRate> {
  const { request, count, perSecond } = options;
  const load = new Load({
    port: hub.port,
    connections,
    request,
    most: count,
    ...(perSecond === undefined ? {} : { perSecond }),
    isAccepted: (status, body) => status === 200 && (body === "" || body.startsWith("{")),
  });
  const { begun, accepted, refused, tookMs, sentAt, answeredAt } = await load.run();
  if (accepted !== begun || begun !== count) {
    throw new Error(`not every callback was taken: ${accepted} of ${count}, ${JSON.stringify([...refused])}`);
  }
  const latencies = answeredAt.map((at, n) => at - (sentAt[n] ?? 0));
  return {
    perSecond: (accepted / tookMs) * 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    longestMs: percentile(latencies, 1),
  };
}
