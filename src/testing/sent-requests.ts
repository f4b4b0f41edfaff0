import { createHttpClient } from "../deliver/http-client.ts";
import type { Payload, Ports, Sender } from "../platforms/definition.ts";
import type { HttpClient } from "../platforms/http.ts";
import { type ReceivedRequest, scriptedServer } from "./scripted-server.ts";

/** Sends one payload, as often as asked, to a server that takes everything; gives what arrived there. */
export async function sentRequests<Channel>(
  connect: (ports: Ports) => Sender<undefined, Channel>,
  sending: {
    readonly channelAt: (origin: string) => Channel;
    readonly payload: Payload;
    readonly nowMs: number;
    readonly key?: string;
    readonly times?: number;
  },
): Promise<readonly ReceivedRequest[]> {
  await using server = await scriptedServer(() => ({ status: 200, body: "{}" }));
  const http = createHttpClient();
  const sender = connect(portsWith(http, sending.nowMs));
  const { payload, key = "task-0-0", times = 1 } = sending;
  const channel = sending.channelAt(server.origin);
  for (let time = 0; time < times; time++) {
    await sender.send({ payload, channel, account: undefined, key, timeoutMs: 5_000 });
  }
  await sender.close?.();
  await http.close();
  return server.requests;
}

/** Ports with this HTTP client and a clock that stands still; a platform that needs more tests that itself. */
export function portsWith(http: HttpClient, nowMs = 1_700_000_000_000): Ports {
  const unused = (): never => {
    throw new Error("this platform was expected to use HTTP only");
  };
  return {
    http,
    now: () => nowMs,
    system: { console: unused, log: unused, inbox: { add: unused }, directory: "/nonexistent" },
  };
}
