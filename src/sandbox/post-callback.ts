import type { CallbackRequest, HubAnswer } from "./callers/call.ts";

/** Sends one request of a platform. Rejects when no complete answer came, or when the signal says stop. */
export type PostCallback = (request: CallbackRequest, signal: AbortSignal) => Promise<HubAnswer>;

const largestAnswerBytes = 1024 * 1024;

/** Sends over HTTP. A redirect is an answer like any other: no platform follows one. */
export async function postCallback(request: CallbackRequest, signal: AbortSignal): Promise<HubAnswer> {
  const { method, url, headers, body } = request;
  const sent = method === "POST" ? { body } : {};
  const response = await fetch(url, { method, headers, redirect: "manual", signal, ...sent });
  const contentType = response.headers.get("content-type") ?? "";
  return { status: response.status, contentType, body: await textOf(response) };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > largestAnswerBytes) throw new Error(`the answer is longer than ${largestAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
