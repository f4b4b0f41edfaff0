import { connect, createServer, type Socket } from "node:net";
import { startHeldPlatform } from "../held-platform.ts";
import type { HubProcess } from "../hub-process.ts";

export interface DeafConsumers {
  readonly subscriptions: number;
  readonly streams: number;
  stop(): void;
}

const subscriptionsOfEach = 4;
const streams = 8;

/**
 * Everyone that wants Events of this hub and takes none: subscriptions to a port where nobody listens, others to a
 * server that takes requests and never answers, and streams whose clients do not read.
 */
export async function startDeafConsumers(hub: HubProcess): Promise<DeafConsumers> {
  const held = await startHeldPlatform();
  const urls = [`http://127.0.0.1:${await deadPort()}`, held.url];
  for (const url of urls.flatMap((each) => Array<string>(subscriptionsOfEach).fill(each))) await subscribe(hub, url);
  const open = await Promise.all(Array.from({ length: streams }, () => openStream(hub.port)));
  return {
    subscriptions: urls.length * subscriptionsOfEach,
    streams,
    stop() {
      for (const socket of open) socket.destroy();
      held.stop();
    },
  };
}

async function subscribe({ port }: HubProcess, url: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/subscriptions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url }),
  });
  if (answer.status !== 201) throw new Error(`a subscription was not made: ${answer.status} ${await answer.text()}`);
}

/** Resolves when the stream has begun; from then on nobody reads it. */
async function openStream(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once("data", (head) => {
    socket.pause();
    if (head.toString("latin1").startsWith("HTTP/1.1 200")) resolve();
    else reject(new Error("a stream of Events was refused"));
  });
  socket.write("GET /api/v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await promise;
  // The hub ends it when it stops.
  socket.on("error", () => {});
  return socket;
}

async function deadPort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}
