import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Hub } from "../hub.ts";
import { type AccountKey, accounts } from "../receiving/accounts.ts";
import { callerOf } from "../receiving/receiving-world.ts";
import { until } from "../until.ts";

export const prefix = "/wework-callback";

/** A `relays` section with one durable relay for this account, which delivers to `receivers`. */
export function durable(
  name: AccountKey,
  receivers: readonly object[],
  more: object = {},
): Readonly<Record<string, object>> {
  const account = `${accounts[name].platform}/${name}`;
  return { wework: { path: prefix, mode: "durable", account, receivers, ...more } };
}

/** The platform of one account, calling at the relay. */
export function callerAt(hub: Hub, name: AccountKey, changes: Readonly<Record<string, unknown>> = {}) {
  return callerOf(hub, name, { url: `${hub.url}${prefix}`, ...changes });
}

export interface Got {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Replied {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface InnerSystem {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** In the order they arrived. */
  readonly got: readonly Got[];
  /** What it answers from now on. */
  reply: (got: Got) => Replied | Promise<Replied>;
}

/** A system of the intranet in this process; it answers 200. */
export async function innerSystem(reply: InnerSystem["reply"] = () => ({ status: 200 })): Promise<InnerSystem> {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const { method = "", url = "", headers, rawHeaders } = request;
    const one = { method, url, headers, rawHeaders, body };
    got.push(one);
    const { status, headers: fields, body: text } = await system.reply(one);
    response.writeHead(status, fields).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const system: InnerSystem = { url: `http://127.0.0.1:${port}`, got, reply };
  return system;
}

export interface ShownReceiver {
  readonly name: string;
  readonly state: string;
  readonly error: string | null;
  readonly waiting: number;
  readonly dead: number;
}

export async function receiversOf(hub: Hub): Promise<ShownReceiver[]> {
  const { body } = await hub.ask<{ relays: { receivers: ShownReceiver[] }[] }>("GET", "/api/v1/relays");
  return body.data.relays.flatMap(({ receivers }) => receivers);
}

/** Resolves when nothing waits at any receiver. */
export function allDelivered(hub: Hub, deadlineMs = 60_000): Promise<true> {
  const look = async () => (await receiversOf(hub)).every(({ waiting }) => waiting === 0);
  return until(look, { what: "everything delivered", deadlineMs }) as Promise<true>;
}

export interface ShownForward {
  readonly id: string;
  readonly receiver: string;
  readonly chat: string;
  readonly state: string;
  readonly attempts: number;
  readonly received_at: string;
}

/** Newest first. */
export async function forwardsOf(hub: Hub, query = ""): Promise<ShownForward[]> {
  const found: ShownForward[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: string = `/api/v1/relays/wework/forwards?limit=1000${query}${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const { body } = await hub.ask<{ forwards: ShownForward[]; next_cursor: string | null }>("GET", page);
    found.push(...body.data.forwards);
    cursor = body.data.next_cursor;
  }
  return found;
}
