import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { type TestClock, testClock } from "../../testing/clock.ts";
import { ScriptedTarget } from "../scripted-target-for-tests.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { frameType, subprotocol } from "./frames.ts";
import { HubRefused } from "./hub-socket.ts";
import { TunnelAgent } from "./tunnel-agent.ts";
import { ask, key, tunnelWorld, until } from "./tunnel-world-for-tests.ts";

/** A hub whose every byte a test writes. */
async function rawHub() {
  const sockets: WebSocket[] = [];
  /** Of the frames that came. */
  const types: number[] = [];
  const answers: number[] = [];
  const server = createServer();
  const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => subprotocol });
  server.on("upgrade", (request, socket, head) => {
    const status = answers.shift();
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.push(webSocket);
      const note = (type: number) => void types.push(type);
      const reader = new FrameReader({ onFrame: note, onData: () => note(frameType.data) });
      webSocket.on("message", (data) => reader.push(data as Buffer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    sockets,
    types,
    /** Refuses the next upgrades with these. */
    refuse: (...statuses: number[]) => void answers.push(...statuses),
    write(write: (writer: FrameWriter) => void) {
      const writer = new FrameWriter((bytes) => sockets.at(-1)?.send(bytes));
      write(writer);
      writer.flush();
    },
  };
}

function startAgent(port: number, clock: TestClock, given: () => Promise<string> = async () => key) {
  const log: string[] = [];
  const target = new ScriptedTarget("inner");
  const agent = new TunnelAgent({
    url: new URL(`ws://127.0.0.1:${port}/tunnels/`),
    key: given,
    name: "a",
    target,
    base: "http://inner.example",
    clock,
    random: () => 0,
    log: { info: (text) => log.push(text), warn: (text) => log.push(text) },
  });
  const ended = agent.run();
  ended.catch(() => {});
  onTestFinished(async () => {
    const stopped = agent.stop();
    // A hub that is written by hand does not say goodbye.
    await clock.advance(10_000);
    await stopped;
  });
  return { agent, log, target, ended };
}

describe("an agent that starts", () => {
  it.each([
    [401, /answered 401 to \/tunnels\/: the key is wrong or was revoked/],
    [200, /answered 200 to \/tunnels\/: what is there is no hub/],
    [404, /answered 404 to \/tunnels\/: no hub with tunnels is there/],
    [426, /of versions that do not fit/],
    [302, /answered 302/],
  ])("ends when the hub answers %d, and says why", async (status, words) => {
    const hub = await rawHub();
    hub.refuse(status);
    const { ended } = startAgent(hub.port, testClock());
    const failure = await ended.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HubRefused);
    expect(String(failure)).toMatch(words);
    expect(String(failure)).not.toContain(key);
  });

  it("repeats the hub's own words", async () => {
    const { agent } = await tunnelWorld();
    const { ended } = await agent({ key: "wrong" });
    await expect(ended).rejects.toThrow(/401 .*the key opens no tunnel of this hub/);
  });

  it("waits for a hub that does not run yet, longer and longer, thirty seconds at most", async () => {
    const clock = testClock();
    const hub = await rawHub();
    hub.refuse(...Array<number>(9).fill(502));
    const { log } = startAgent(hub.port, clock);
    const pauses = () => log.filter((line) => line.startsWith("trying again"));
    for (let tries = 1; tries <= 9; tries++) {
      await until(() => pauses().length === tries, `try ${tries}`);
      await clock.advanceTo(clock.nextAt ?? 0);
    }
    await until(() => hub.sockets.length === 1, "the connection");
    const seconds = pauses().map((line) => /in ([\d.]+) s/.exec(line)?.[1]);
    expect(seconds).toEqual(["0.5", "1.0", "2.0", "4.0", "8.0", "16.0", "30.0", "30.0", "30.0"]);
  });

  it("ends at once when it is stopped while it waits", async () => {
    const hub = await rawHub();
    hub.refuse(503);
    const { agent, ended, log } = startAgent(hub.port, testClock());
    await until(() => log.some((line) => line.startsWith("trying again")), "its pause");
    await agent.stop();
    await ended;
  });

  it("ends when its key cannot be read", async () => {
    const hub = await rawHub();
    const missing = Object.assign(new Error("no such file"), { code: "ENOENT" });
    const { ended } = startAgent(hub.port, testClock(), () => Promise.reject(missing));
    await expect(ended).rejects.toThrow("the key cannot be read (ENOENT)");
  });
});

describe("an agent that was connected", () => {
  it("is back half a second after the connection broke, and serves again", async () => {
    const clock = testClock();
    const { agent, target: tunnel, agents, breakConnections, log } = await tunnelWorld({ clock });
    const target = new ScriptedTarget("inner");
    await agent({ target });
    await until(() => log.some((line) => line.startsWith("connected")), "its knowledge of it");
    breakConnections();
    await until(() => agents().length === 0 && log.includes("trying again in 0.5 s"), "the break");
    await clock.advance(500);
    await until(() => agents().length === 1, "its return");
    const { sink } = ask(tunnel);
    await until(() => target.requests.length === 1, "the request");
    target.last.answer(200);
    expect((await sink.answer).status).toBe(200);
  });

  it("whose key was revoked says so, and asks again every minute", async () => {
    const clock = testClock();
    const { agent, agents, gate, log } = await tunnelWorld({ clock });
    await agent();
    gate.configure([]);
    await until(() => log.includes("trying again in 60.0 s"), "its pause");
    expect(log.join("\n")).toMatch(/disconnected from 127\.0\.0\.1:\d+: the key was revoked/);
    gate.configure([{ name: "office", keys: [key] }]);
    await clock.advance(60_000);
    await until(() => agents().length === 1, "its return");
  });

  it("comes back soon when the hub restarts, and to a hub that wants it no more every minute", async () => {
    const clock = testClock();
    const hub = await rawHub();
    const keys: string[] = [];
    const { log } = startAgent(hub.port, clock, async () => `key-${keys.push("asked")}-0123456789`);
    await until(() => log.some((line) => line.startsWith("connected")), "the connection");
    hub.refuse(401, 401);
    hub.sockets[0]?.close(1001, "the hub stops");
    await until(() => log.includes("trying again in 0.5 s"), "its pause");
    expect(log.join("\n")).toMatch(/disconnected from 127\.0\.0\.1:\d+: the hub stops/);
    await clock.advance(500);
    for (let tries = 1; tries <= 2; tries++) {
      await until(() => log.filter((line) => line === "trying again in 60.0 s").length === tries, `refusal ${tries}`);
      await clock.advance(60_000);
    }
    await until(() => hub.sockets.length === 2, "its return");
    // The key is read anew each time: one that was changed in its file is enough.
    expect(keys).toHaveLength(4);
  });

  it("gives up a hub that is not heard of for forty seconds", async () => {
    const clock = testClock();
    const hub = await rawHub();
    const { log } = startAgent(hub.port, clock);
    await until(() => log.some((line) => line.startsWith("connected")), "the connection");
    await clock.advance(15_000);
    await until(() => hub.types.includes(frameType.ping), "a ping");
    await clock.advance(25_000);
    expect(log.join("\n")).toMatch(/disconnected from 127\.0\.0\.1:\d+: nothing was heard for 40 s/);
    await clock.advance(500);
    await until(() => hub.sockets.length === 2, "its return");
  });

  it("keeps a connection over which the hub answers", async () => {
    const clock = testClock();
    const hub = await rawHub();
    const { log } = startAgent(hub.port, clock);
    await until(() => log.some((line) => line.startsWith("connected")), "the connection");
    for (let pings = 1; pings <= 5; pings++) {
      await clock.advance(15_000);
      await until(() => hub.types.length >= pings, `ping ${pings}`);
      hub.write((writer) => writer.pong());
      const heard = clock.now();
      await until(() => clock.now() === heard, "the answer's way");
      await clock.settle();
    }
    expect(log.filter((line) => line.startsWith("disconnected"))).toEqual([]);
  });
});

describe("what an agent serves", () => {
  const limits = { answerMs: 1_000, idleMs: 1_000 };

  /** Opens streams, and waits until each is at the target or reset. */
  async function opened(paths: readonly string[]) {
    const hub = await rawHub();
    const { log, target } = startAgent(hub.port, testClock());
    await until(() => log.some((line) => line.startsWith("connected")), "the connection");
    for (const [index, path] of paths.entries()) {
      hub.write((writer) => {
        writer.open(index + 1, { method: "GET", path, headers: [] }, limits, { isLast: true });
      });
    }
    const resets = () => hub.types.filter((type) => type === frameType.reset).length;
    return { hub, target, resets };
  }

  it("is below its target's own path, whatever the hub lets through", async () => {
    const ways = ["/../secret", "/a/%2e%2e/%2E./b", "/a\\..\\b", "/fine/..%2fname?x=/../", "//.."];
    const paths = [...ways, "http://other.example/", "*", "x", "@other.example/", "/#", "/%00", "/a b", "/%2"];
    const { target, resets } = await opened(paths);
    await until(() => resets() === paths.length, "the resets");
    expect(target.requests).toEqual([]);
  });

  it("includes paths that only look like others", async () => {
    const paths = ["", "?a=b", "//other.example/x", "/a..b/...", "/?u=http://other.example/../"];
    const { target } = await opened(paths);
    await until(() => target.requests.length === paths.length, "the requests");
    expect(target.requests.map(({ request }) => request.path)).toEqual(paths);
  });

  it("ends with the connection of a hub that breaks the rules", async () => {
    const { hub, target } = await opened(["/a"]);
    hub.write((writer) => writer.open(1, { method: "GET", path: "/a", headers: [] }, limits, { isLast: true }));
    await until(() => hub.sockets[0]?.readyState === 3, "its end");
    expect(target.last.abortReason).toMatchObject({ failure: "caller-gone" });
  });
});
