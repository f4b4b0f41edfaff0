import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { EgressAccess } from "./egress-access.ts";
import { type ConnectOutcome, EgressConnect } from "./egress-connect.ts";

const key = "0123456789abcdef";
const withKey = { "proxy-authorization": `Basic ${Buffer.from(`erp:${key}`).toString("base64")}` };

describe("a client that asks for a tunnel outward", () => {
  it("from a known address gets one to a listed server, and bytes pass both ways", async () => {
    const { ask, echo, outcomes } = await setup({ known: true });
    const { status, socket } = await ask(echo);
    expect(status).toBe(200);
    socket.write("over");
    expect(String(await once(socket, "data"))).toBe("over");
    expect(outcomes).toEqual([{ authority: echo, caller: "127.0.0.1", status: 200 }]);
  });

  it("from elsewhere needs a key", async () => {
    const { ask, echo } = await setup({ known: false });
    expect((await ask(echo)).status).toBe(407);
    const wrong = { "proxy-authorization": `Basic ${Buffer.from("erp:0123456789abcdeg").toString("base64")}` };
    expect((await ask(echo, wrong)).status).toBe(407);
    expect((await ask(echo, withKey)).status).toBe(200);
  });

  it("gets none to a server that is not listed, and the log does not learn which it was", async () => {
    const { ask, outcomes } = await setup({ known: true });
    expect((await ask("169.254.169.254:80")).status).toBe(403);
    expect(outcomes).toEqual([{ authority: "another", caller: "127.0.0.1", status: 403, code: undefined }]);
  });

  it("is told when the server cannot be reached", async () => {
    const { ask, echo, stopEcho, outcomes } = await setup({ known: true });
    await stopEcho();
    expect((await ask(echo)).status).toBe(502);
    expect(outcomes).toMatchObject([{ status: 502, code: "ECONNREFUSED" }]);
  });

  it("gets none beyond the limit, and one again when another has ended", async () => {
    const { ask, echo, ended } = await setup({ known: true, tunnels: 1 });
    const first = await ask(echo);
    expect((await ask(echo)).status).toBe(503);
    first.socket.destroy();
    await ended();
    expect((await ask(echo)).status).toBe(200);
  });

  it("takes the server's side along when it leaves", async () => {
    const { ask, echo, ended } = await setup({ known: true });
    const { socket } = await ask(echo);
    socket.destroy();
    await ended();
  });
});

async function setup({ known, tunnels = 100 }: { known: boolean; tunnels?: number }) {
  let ended = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const echoServer = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => ended.resolve());
    socket.pipe(socket);
  });
  const echo = `127.0.0.1:${await portOf(echoServer)}`;
  const outcomes: ConnectOutcome[] = [];
  const connect = new EgressConnect({
    access: new EgressAccess({ callers: { has: () => known }, keys: [key] }),
    authorities: new Set([echo]),
    connectMs: 5_000,
    idleMs: 60_000,
    tunnels,
    addressOf: ({ socket }) => socket.remoteAddress ?? "",
    told: (outcome) => outcomes.push(outcome),
  });
  const door = createServer().on("connect", connect.serve);
  const port = await portOf(door);
  const stopEcho = () => new Promise((resolve) => echoServer.close(resolve));
  onTestFinished(() => {
    connect.close();
    door.closeAllConnections();
    door.close();
    for (const socket of sockets) socket.destroy();
    echoServer.close();
  });
  const ask = async (authority: string, headers = {}) => {
    const asking = request({
      host: "127.0.0.1",
      port,
      method: "CONNECT",
      path: authority,
      headers,
      agent: false,
    }).end();
    const [response, socket] = (await once(asking, "connect")) as [{ statusCode: number }, Socket];
    return { status: response.statusCode, socket };
  };
  return {
    ask,
    echo,
    stopEcho,
    outcomes,
    /** The server's side of the latest tunnel is closed. */
    async ended() {
      await ended.promise;
      ended = Promise.withResolvers<void>();
    },
  };
}

async function portOf(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
