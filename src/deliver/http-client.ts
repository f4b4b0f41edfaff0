import { type Dispatcher, Pool, ProxyAgent } from "undici";
import { type HttpAnswer, type HttpClient, HttpFailure, type HttpPost } from "../platforms/http.ts";

export interface HttpClientOptions {
  /** How long a TCP and TLS handshake may take. */
  readonly connectTimeoutMs?: number;
  /** Sockets to one origin; a request beyond them waits for a free one, inside its own time limit. */
  readonly connectionsPerOrigin?: number;
  /** Origins whose sockets are kept; the one unused for longest makes room. */
  readonly origins?: number;
}

/** Largest part of an answer that is read. Platforms answer in a few hundred bytes. */
const ANSWER_BYTES = 64 * 1024;

/**
 * Posts over kept-alive HTTP/1.1 connections, one pool an origin. Redirects are answers like any other,
 * certificates are verified, and `timeoutMs` covers everything from the call to the last byte: waiting for
 * a socket, connecting, and a body that drips.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient & { close(): Promise<void> } {
  const { connectTimeoutMs = 5_000, connectionsPerOrigin = 128, origins = 1_000 } = options;
  const pools = new Map<string, Dispatcher>();
  const retired = new Set<Promise<void>>();
  let closed = false;

  const poolOf = (origin: string, proxy: string | undefined): Dispatcher => {
    const key = proxy === undefined ? origin : `${origin} ${proxy}`;
    const known = pools.get(key);
    if (known) {
      // The map's order is the order of last use. A hub with one busy origin need not pay for that.
      if (pools.size > 1) {
        pools.delete(key);
        pools.set(key, known);
      }
      return known;
    }
    const settings = {
      connections: connectionsPerOrigin,
      connectTimeout: connectTimeoutMs,
      // One broken HTTP/2 connection would fail every delivery on it; HTTP/1.1 fails one.
      allowH2: false,
      // The exchange keeps its own, total, time limit.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const pool = proxy === undefined ? new Pool(origin, settings) : new ProxyAgent({ uri: proxy, ...settings });
    pools.set(key, pool);
    for (const [oldest, unused] of pools) {
      if (pools.size <= origins) break;
      pools.delete(oldest);
      const closing = unused.close().finally(() => retired.delete(closing));
      retired.add(closing);
    }
    return pool;
  };

  return {
    post(request) {
      if (closed) return Promise.reject(new HttpFailure("network", "the HTTP client is closed"));
      // URL.parse and not `new URL`: the latter's error quotes the address, which may hold a credential.
      const url = URL.parse(request.url);
      if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
        return Promise.reject(new HttpFailure("network", "the address is not an http or https URL"));
      }
      return new Promise((resolve, reject) => {
        const exchange = new Exchange(url.host, request, resolve, reject);
        const headers = {
          "content-type": "application/json; charset=utf-8",
          "user-agent": "yizhan",
          ...request.headers,
        };
        const path = url.pathname + url.search;
        const pool = poolOf(url.origin, request.proxy);
        pool.dispatch({ origin: url.origin, path, method: "POST", headers, body: request.body }, exchange);
      });
    },

    async close() {
      closed = true;
      const open = [...pools.values()];
      pools.clear();
      await Promise.all([...open.map((pool) => pool.close()), ...retired]);
    },
  };
}

/** One request and its answer; settles once. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #host: string;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (failure: HttpFailure) => void;
  // A timer of its own is exact and still cheap: Node keeps timers of one length in one list, so starting
  // and clearing one is a few pointers. An AbortController and its listener cost several times as much.
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: HttpAnswer["headers"] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    host: string,
    { timeoutMs }: HttpPost,
    resolve: (answer: HttpAnswer) => void,
    reject: (failure: HttpFailure) => void,
  ) {
    this.#host = host;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => {
      this.#fail(new HttpFailure("timeout", `${host}: no complete answer within ${timeoutMs} ms`));
    }, timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time ran out while it waited for a socket: do not send what has been reported as failed.
    if (this.#settled) controller.abort(ENDED);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx are interim; the answer follows.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= ANSWER_BYTES) return;
    this.#succeed();
    // The rest may never end. Closing the socket costs a handshake, reading on costs without bound.
    controller.abort(ENDED);
  }

  onResponseEnd(): void {
    this.#succeed();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(failureFrom(error, this.#host));
  }

  #succeed(): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#resolve({ status: this.#status, headers: this.#headers, body: textOf(this.#chunks, this.#bytes) });
  }

  #fail(failure: HttpFailure): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#reject(failure);
    this.#controller?.abort(ENDED);
  }
}

/** Why a socket is torn down after its exchange has settled; nobody sees it. */
const ENDED = new Error("the exchange has ended");

function textOf(chunks: readonly Buffer[], bytes: number): string {
  const [only] = chunks;
  if (only === undefined) return "";
  if (chunks.length === 1 && bytes <= ANSWER_BYTES) return only.toString("utf8");
  // `stream` leaves out a character that the cut went through, instead of showing it as broken.
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, ANSWER_BYTES), { stream: bytes > ANSWER_BYTES });
}

/** Names the host and the system's code, nothing else: other parts of an address may be credentials. */
function failureFrom(error: Error, host: string): HttpFailure {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    return new HttpFailure("timeout", `${host}: no connection within the time limit`, { cause: error });
  }
  if (isTls(code)) {
    return new HttpFailure("tls", `${host}: the TLS connection was not trusted (${code})`, { cause: error });
  }
  return new HttpFailure("network", `${host}: ${WORDS[code] ?? "the connection failed"} (${code})`, { cause: error });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "unknown host",
  EAI_AGAIN: "the name server did not answer",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  EPIPE: "connection closed before the answer",
  UND_ERR_SOCKET: "connection closed before the answer",
};

/** Certificate verdicts, by OpenSSL's names as Node gives them: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isTls(code: string): boolean {
  return code === "EPROTO" || /^ERR_(SSL|TLS)_|CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$/.test(code);
}
