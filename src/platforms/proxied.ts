import type { AppHttp } from "./app-calls.ts";
import type { HttpClient } from "./http.ts";

/** The same client by way of an HTTP proxy; the client itself without one. */
export function postingThrough(proxy: string | undefined, client: HttpClient): HttpClient {
  return proxy === undefined ? client : { post: (request) => client.post({ ...request, proxy }) };
}

/** The same client by way of an HTTP proxy; the client itself without one. */
export function askingThrough(proxy: string | undefined, client: AppHttp): AppHttp {
  return proxy === undefined ? client : { open: (request) => client.open({ ...request, proxy }) };
}
