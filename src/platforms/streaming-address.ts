import { type HttpAnswer, HttpFailure, type HttpPost } from "./http.ts";
import { type JsonObject, parseObject } from "./json-fields.ts";
import { StreamFailure, type StreamOptions } from "./streaming.ts";

/** How long a platform may take to tell where to connect. */
const timeoutMs = 15_000;

/**
 * Asks a platform where to connect.
 *
 * @returns The status, and the JSON object in the answer; empty where there is none.
 * @throws StreamFailure when no answer came.
 */
export async function askAddress(
  { http }: Pick<StreamOptions, "http">,
  request: Omit<HttpPost, "timeoutMs">,
): Promise<{ readonly status: number; readonly json: JsonObject }> {
  let answer: HttpAnswer;
  try {
    answer = await http.post({ ...request, timeoutMs });
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    throw new StreamFailure("unavailable", `the address to connect to could not be asked for: ${cause.message}`, {
      cause,
    });
  }
  return { status: answer.status, json: parseObject(answer.body) ?? {} };
}

/**
 * The address as a URL that may be connected to. Where the platform was asked over TLS, it must be `wss:`: the ticket
 * in it is a credential, and nothing in the frames is signed.
 *
 * @param base The account's setting that led here; `http:` or `ws:` only for sandboxes and private deployments.
 * @throws StreamFailure without quoting the address.
 */
export function streamAddress(address: unknown, base: string): URL {
  const url = typeof address === "string" && address.length <= longestAddress ? URL.parse(address) : null;
  const plainAllowed = /^(http|ws):/i.test(base);
  if (url?.protocol === "wss:" || (url?.protocol === "ws:" && plainAllowed)) return url;
  const expected = plainAllowed ? "a ws: or wss: address" : "a wss: address";
  throw new StreamFailure("unavailable", `the platform named ${url?.protocol ?? "no address"}, expected ${expected}`);
}

/** Characters. */
const longestAddress = 4_096;
