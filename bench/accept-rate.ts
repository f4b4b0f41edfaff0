import { percentile } from "./figures.ts";
import type { HubProcess } from "./hub-process.ts";
import { Load } from "./load.ts";
import { pushRequests } from "./push-text.ts";

export interface AcceptRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const connections = 64;

/** The most a hub could accept in a second; only sizes arrays. */
const mostPerSecond = 60_000;

/**
 * Pushes over 64 connections as fast as answers come. @throws Error when anything but an accept was answered: a
 * refusal is cheaper than an accept and would flatter the rate.
 */
export async function acceptRate(hub: HubProcess, recipients: readonly string[], forMs: number): Promise<AcceptRate> {
  const load = new Load({
    port: hub.port,
    connections,
    request: pushRequests({ run: "accept", recipients, strategy: "failover", style: "card" }),
    most: Math.ceil((forMs / 1000) * mostPerSecond),
    forMs,
  });
  const { begun, accepted, refused, tookMs, sentAt, answeredAt } = await load.run();
  if (accepted !== begun) throw new Error(`not every push was accepted: ${JSON.stringify([...refused])}`);
  const latencies = answeredAt.map((at, n) => at - (sentAt[n] ?? 0));
  return {
    perSecond: (accepted / tookMs) * 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}
