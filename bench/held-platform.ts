import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface HeldPlatform {
  readonly url: string;
  /** Ends the requests that wait, so that a hub need not finish them before it stops. */
  letGo(): void;
  stop(): void;
}

/**
 * A platform that takes requests and never answers. A lane whose first Delivery waits for it is busy, so nothing
 * else of it is sent: what remains to be measured is accepting.
 */
export async function startHeldPlatform(): Promise<HeldPlatform> {
  const server = createServer((request) => request.resume());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    letGo: () => server.closeAllConnections(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Keeps the hub waiting for longer than a benchmark lasts, and lets it go at once when it is stopped. */
export const heldExtra = [
  "server:",
  "  shutdown_timeout: 0",
  "queue:",
  "  timeout: 600",
  "  buffer_size: 10000000",
].join("\n");
