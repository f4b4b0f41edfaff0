import type { ServerOptions } from "node:http";

/** What one client can make the hub hold, and for how long. */
export interface HttpLimits {
  readonly bodyBytes: number;
  /** Request line and headers together. */
  readonly headerBytes: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeoutMs: number;
  /** How long a connection may stay open without a request. */
  readonly keepAliveTimeoutMs: number;
  /** How often the two request timeouts are looked at; a slow client is cut at most this much later. */
  readonly timeoutCheckMs: number;
  /** Open connections; the next one is closed at once. */
  readonly connections: number;
  /** How long `/ready` waits for the store. */
  readonly readyTimeoutMs: number;
}

export const defaultLimits: HttpLimits = {
  bodyBytes: 1_048_576,
  headerBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  // Above the 60 s that reverse proxies commonly keep an upstream connection: the proxy should be the one to close it.
  keepAliveTimeoutMs: 65_000,
  timeoutCheckMs: 2_000,
  connections: 10_000,
  readyTimeoutMs: 2_000,
};

/** As Node's server takes them. */
export function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    requestTimeout: limits.requestTimeoutMs,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs || Number.POSITIVE_INFINITY),
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    maxHeaderSize: limits.headerBytes,
  };
}
