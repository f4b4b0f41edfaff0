import type { Agent } from "undici";
import type { AppAnswer, AppHttp, AppRequest } from "../platforms/app-calls.ts";
import { HttpFailure } from "../platforms/http.ts";

/**
 * Asks platforms' APIs over kept-alive connections. Redirects are answers like any other, certificates are verified,
 * and a request's `timeoutMs` covers everything up to the last byte. Loaded with the first request: a hub that asks
 * nothing does not pay for it.
 */
export function createAppHttp(): AppHttp & { close(): Promise<void> } {
  let loaded: Promise<Loaded> | undefined;
  let closed = false;
  return {
    async open(request) {
      if (closed) throw new HttpFailure("network", "the HTTP client is closed");
      // URL.parse and not `new URL`: the latter's error quotes the address, which may hold a credential.
      const url = URL.parse(request.url);
      if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
        throw new HttpFailure("network", "the address is not an http or https URL");
      }
      loaded ??= load();
      return ask(await loaded, url, request);
    },
    async close() {
      closed = true;
      await (await loaded)?.agent.destroy();
    },
  };
}

interface Loaded {
  readonly agent: Agent;
  readonly request: typeof import("undici").request;
}

async function load(): Promise<Loaded> {
  // By way of its default: bundled, a CommonJS package that is loaded late has no other export.
  const { Agent, request } = (await import("undici")).default;
  return { agent: new Agent({ connections: 16, connectTimeout: 5_000, headersTimeout: 0, bodyTimeout: 0 }), request };
}

async function ask({ agent, request }: Loaded, url: URL, asked: AppRequest): Promise<AppAnswer> {
  const { method, headers, body, timeoutMs } = asked;
  const signal = AbortSignal.timeout(timeoutMs);
  const failure = (error: unknown): HttpFailure => failureFrom(error, url.host, signal.aborted ? timeoutMs : undefined);
  try {
    const sent = body === undefined ? {} : { body };
    const named = { "user-agent": "yizhan", ...headers };
    const answer = await request(url, { dispatcher: agent, method, headers: named, ...sent, signal });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      chunks: told(answer.body, failure),
      close() {
        // Without a listener, ending it early would count as nobody's error.
        answer.body.on("error", () => {}).destroy();
      },
    };
  } catch (error) {
    throw failure(error);
  }
}

async function* told(body: AsyncIterable<Uint8Array>, failure: (error: unknown) => HttpFailure) {
  try {
    yield* body;
  } catch (error) {
    throw failure(error);
  }
}

/** Names the host and the system's code, nothing else: other parts of an address may be credentials. */
function failureFrom(error: unknown, host: string, timeoutMs: number | undefined): HttpFailure {
  if (timeoutMs !== undefined) return new HttpFailure("timeout", `${host}: no complete answer within ${timeoutMs} ms`);
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  const word = typeof code === "string" ? code : String(name ?? "unknown");
  if (word === "UND_ERR_CONNECT_TIMEOUT") return new HttpFailure("timeout", `${host}: no connection in time`);
  // OpenSSL's verdicts: https://nodejs.org/api/tls.html#x509-certificate-error-codes
  const isTls = word === "EPROTO" || /^ERR_(SSL|TLS)_|CERT|^UNABLE_TO_/.test(word);
  return new HttpFailure(isTls ? "tls" : "network", `${host}: the connection failed (${word})`, { cause: error });
}
