import type { PlatformError } from "../model/platform-error.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; a repeated header is an array. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most 64 KiB; longer answers are cut. */
  readonly body: string;
}

export interface HttpPost {
  /** Absolute URL. May carry a credential, so it never goes into an error or a log. */
  readonly url: string;
  readonly body: string;
  /** Besides `content-type: application/json; charset=utf-8`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The HTTP proxy to go through. May carry a password, so it never goes into an error or a log. */
  readonly proxy?: string | undefined;
}

/** Posts without following redirects. */
export interface HttpClient {
  /** @throws HttpFailure when no complete answer came. */
  post(request: HttpPost): Promise<HttpAnswer>;
}

/** No complete answer came. */
export class HttpFailure extends Error {
  readonly code: "timeout" | "network" | "tls";
  constructor(code: "timeout" | "network" | "tls", message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HttpFailure";
    this.code = code;
  }
}

/** How the lane should see an HttpFailure. A wrong certificate is a setting, not the weather. */
export function failureOf(error: unknown): PlatformError {
  if (!(error instanceof HttpFailure)) throw error;
  if (error.code === "tls") {
    return { kind: "rejected", code: "tls", message: error.message, advice: "请检查目标地址的 TLS 证书" };
  }
  const advice = error.code === "timeout" ? "平台未在时限内应答" : "请检查网络与目标地址";
  return { kind: "unavailable", code: error.code, message: error.message, advice };
}

/**
 * What an HTTP status says where the body says nothing better: 429 waits, 408, 425 and 5xx are retried,
 * everything else is refused for good (a redirect too: a POST with credentials is not replayed elsewhere).
 *
 * @returns undefined for 2xx.
 */
export function statusErrorOf(answer: HttpAnswer, nowMs: number): PlatformError | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const code = `http-${status}`;
  const message = `HTTP ${status}`;
  const retryAfterMs = retryAfterOf(answer, nowMs);
  if (status === 429) {
    return {
      kind: "rate-limited",
      code,
      message,
      advice: "平台限流，稍后自动重发",
      retryAfterMs: retryAfterMs ?? 60_000,
    };
  }
  if (status === 408 || status === 425 || status >= 500) {
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    return { kind: "unavailable", code, message, advice: "平台暂不可用", ...wait };
  }
  if (status === 401 || status === 403) {
    return { kind: "unauthorized", code, message, advice: "请检查凭据与权限" };
  }
  return { kind: "rejected", code, message, advice: "请检查地址与请求" };
}

/** `Retry-After` as milliseconds from now: seconds or an HTTP date (RFC 9110 §10.2.3), at most one hour. */
export function retryAfterOf(answer: HttpAnswer, nowMs: number): number | undefined {
  const header = answer.headers["retry-after"];
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : (Date.parse(value) - nowMs) / 1000;
  if (!Number.isFinite(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds * 1000), 0), 3_600_000);
}
