import type { Dispatcher } from "undici";
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
      const ended = [...((await loaded)?.agents.values() ?? [])].map((agent) => agent.destroy());
      await Promise.all(ended);
    },
  };
}

interface Loaded {
  readonly undici: typeof import("undici");
  /** By the address of the proxy; "" for none. */
  readonly agents: Map<string, Dispatcher>;
}

async function load(): Promise<Loaded> {
  // By way of its default: bundled, a CommonJS package that is loaded late has no other export.
  return { undici: (await import("undici")).default, agents: new Map() };
}

function agentOf({ undici: { Agent, ProxyAgent }, agents }: Loaded, proxy: string | undefined): Dispatcher {
  const known = agents.get(proxy ?? "");
  if (known) return known;
  const settings = { connections: 16, connectTimeout: 5_000, headersTimeout: 0, bodyTimeout: 0 };
  const made = proxy === undefined ? new Agent(settings) : new ProxyAgent({ uri: proxy, ...settings });
  agents.set(proxy ?? "", made);
  return made;
}

async function ask(loaded: Loaded, url: URL, asked: AppRequest): Promise<AppAnswer> {
  const { method, headers, body, timeoutMs, proxy } = asked;
  const signal = AbortSignal.timeout(timeoutMs);
  const failure = (error: unknown): HttpFailure => failureFrom(error, url.host, signal.aborted ? timeoutMs : undefined);
  try {
    const sent = body === undefined ? {} : { body };
    const named = { "user-agent": "yizhan", ...headers };
    const dispatcher = agentOf(loaded, proxy);
    const answer = await loaded.undici.request(url, { dispatcher, method, headers: named, ...sent, signal });
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
