import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { idsOf, Load, type LoadOptions } from "./load.ts";
import { numberIn, pushRequests } from "./push-text.ts";

const text = { run: "test", recipients: ["r0", "r1"], strategy: "failover", style: "card" } as const;

/** A server that answers with `task_id`s made from the message's number, and what it was asked. */
async function setup(
  answer: (n: number) => { status?: number; id?: string; drop?: true },
  options: Partial<LoadOptions> = {},
) {
  const asked: { n: number; alias: string }[] = [];
  const used = new Map<Socket, number>();
  const listener: RequestListener = async (request, response) => {
    const body = JSON.parse(await textOf(request));
    const n = numberIn("test", body.content.msg);
    used.set(request.socket, (used.get(request.socket) ?? 0) + 1);
    asked.push({ n, alias: body.recipient_alias });
    const { status = 200, id = idOf(n), drop } = answer(n);
    if (drop) {
      request.socket.destroy();
      return;
    }
    const sent = JSON.stringify({ code: status, message: "消息推送任务已创建", data: { task_id: id } });
    response.writeHead(status, { "content-length": Buffer.byteLength(sent) }).end(sent);
  };
  const server = createServer((request, response) => void listener(request, response));
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, used, load: new Load({ port, connections: 4, request: pushRequests(text), most: 50, ...options }) };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let whole = "";
  for await (const chunk of request.setEncoding("utf8")) whole += chunk;
  return whole;
}

function idOf(n: number): string {
  return `0198c0de-0000-7000-8000-${String(n).padStart(12, "0")}`;
}

describe("the load generator", () => {
  it("sends every number once, to the Recipients in turn, and keeps every id", async () => {
    const { asked, load } = await setup(() => ({}));
    const result = await load.run();
    expect(result).toMatchObject({ begun: 50, accepted: 50, refused: new Map() });
    expect(asked.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(asked.every(({ n, alias }) => alias === `r${n % 2}`)).toBe(true);
    expect(idsOf(result)).toEqual({ ids: Array.from({ length: 50 }, (_, n) => idOf(n)), repeated: 0 });
  });

  it("takes nothing but an accept for one", async () => {
    const { load } = await setup((n) => (n === 7 ? { status: 429 } : n === 8 ? { id: "short" } : {}));
    const result = await load.run();
    expect(result.accepted).toBe(48);
    expect([...result.refused.values()]).toEqual([1, 1]);
    expect([...result.refused.keys()].some((what) => what.startsWith("429 "))).toBe(true);
    expect(idsOf(result).ids).toHaveLength(48);
  });

  it("notices an id that was given twice", async () => {
    const { load } = await setup((n) => ({ id: idOf(n % 49) }));
    expect(idsOf(await load.run()).repeated).toBe(1);
  });

  it("begins nothing while it is held back", async () => {
    let room = 10;
    const { asked, load } = await setup(() => ({}), { mayBegin: () => room-- > 0, forMs: 200 });
    expect((await load.run()).begun).toBe(10);
    expect(asked).toHaveLength(10);
  });

  it("uses its connections in turn, so that none is closed for staying silent", async () => {
    const { used, load } = await setup(() => ({}), { perSecond: 500, most: 20 });
    await load.run();
    expect([...used.values()]).toEqual([5, 5, 5, 5]);
  });

  it("counts a paced request from when it was due", async () => {
    const { load } = await setup(() => ({}), { perSecond: 1_000 });
    const { sentAt } = await load.run();
    const steps = Array.from(sentAt.subarray(1), (at, index) => at - (sentAt[index] ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(1, 5);
  });

  it("gives up when a connection breaks", async () => {
    const { load } = await setup((n) => (n === 20 ? { drop: true } : {}));
    await expect(load.run()).rejects.toThrow("closed a connection");
  });
});
