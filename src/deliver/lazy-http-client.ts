import { type HttpAnswer, type HttpClient, HttpFailure, type HttpPost } from "../platforms/http.ts";

type ClosableClient = HttpClient & { close(): Promise<void> };

/**
 * An HTTP client that is loaded with the first request: it is the largest piece of code a hub has, and neither its
 * start nor an idle one should pay for it.
 */
export function lazyHttpClient(load: () => Promise<ClosableClient>): ClosableClient {
  let client: ClosableClient | undefined;
  let loading: Promise<ClosableClient> | undefined;
  let closed = false;

  const first = async (request: HttpPost): Promise<HttpAnswer> => {
    if (closed) throw new HttpFailure("network", "the HTTP client is closed");
    loading ??= load();
    client = await loading;
    return client.post(request);
  };

  return {
    post: (request) => (client ? client.post(request) : first(request)),
    async close() {
      closed = true;
      await (await loading)?.close();
    },
  };
}
