import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { testClock } from "../../testing/clock.ts";
import { ScriptedTarget } from "../scripted-target-for-tests.ts";
import { subprotocol } from "./frames.ts";
import { ask, key, RawAgent, tunnelWorld, until } from "./tunnel-world-for-tests.ts";

const otherKey = "other-0123456789abcdef";
const twoTunnels = [
  { name: "office", keys: [key] },
  { name: "plant", keys: [otherKey] },
];

/** Asks for an upgrade, and gives all that comes. */
async function upgrade(authority: string, path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const [host = "", port] = authority.split(":");
  const all = {
    Host: authority,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...fields,
  };
  const lines = [`GET ${path} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
  const socket = connect(Number(port), host);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  // Of a tunnel that is open, the first bytes are enough.
  socket.once("data", (bytes) => {
    if (bytes.includes(" 101 ")) socket.destroy();
  });
  socket.pause();
  return text(socket.setEncoding("latin1")).catch(() => "HTTP/1.1 101");
}

describe("the gate", () => {
  const protocol = { "Sec-WebSocket-Protocol": subprotocol };
  const bearer = (given: string) => ({ Authorization: `Bearer ${given}` });

  it.each([
    ["no key", "/tunnels/office", protocol, 401],
    ["a wrong key", "/tunnels/office", { ...protocol, ...bearer("wrong") }, 401],
    ["the beginning of a key", "/tunnels/office", { ...protocol, ...bearer(key.slice(0, -1)) }, 401],
    ["the key of another tunnel", "/tunnels/plant", { ...protocol, ...bearer(key) }, 401],
    ["the name of no tunnel", "/tunnels/nowhere", { ...protocol, ...bearer(key) }, 401],
    ["a protocol of another version", "/tunnels/office", { "Sec-WebSocket-Protocol": "v0", ...bearer(key) }, 426],
    ["no protocol", "/tunnels/office", bearer(key), 426],
    [
      "another version of WebSocket",
      "/tunnels/office",
      { ...protocol, ...bearer(key), "Sec-WebSocket-Version": "7" },
      400,
    ],
    ["another path", "/tunnel/office", { ...protocol, ...bearer(key) }, 404],
    ["a path below its own", "/tunnels/office/more", { ...protocol, ...bearer(key) }, 404],
  ])("answers %s in HTTP, without an upgrade", async (_what, path, fields, status) => {
    const { authority, agents, log } = await tunnelWorld({ tunnels: twoTunnels });
    const answer = await upgrade(authority, path, fields);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 401) expect(answer).toMatch(/\r\nWWW-Authenticate: Bearer realm="yizhan"\r\n/);
    if (status === 401 || status === 426) {
      expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ code: status, data: { error: /./ } });
    }
    expect(agents()).toEqual([]);
    expect(log.join()).not.toContain(key.slice(0, -1));
  });

  it("takes an agent with a key, by the tunnel's name or by the key alone", async () => {
    const { agent, gate } = await tunnelWorld({ tunnels: twoTunnels });
    await agent({ tunnel: "office", name: "一号机\u0007" });
    await agent({ key: otherKey, name: "b" });
    expect(gate.status()).toEqual([
      {
        name: "office",
        agents: [
          { name: "一号机", address: "127.0.0.1", connectedAt: expect.any(Number), pending: 0, isDraining: false },
        ],
      },
      { name: "plant", agents: [expect.objectContaining({ name: "b" })] },
    ]);
  });

  it("tells when a tunnel leads somewhere again", async () => {
    const { authority, agents, reachable } = await tunnelWorld({ tunnels: twoTunnels });
    const first = await RawAgent.connect(authority);
    await RawAgent.connect(authority);
    await RawAgent.connect(authority, otherKey);
    await until(() => agents().length === 3, "the agents");
    expect(reachable).toEqual(["office", "plant"]);
    first.socket.terminate();
    await until(() => agents().length === 2, "the end of one");
    await RawAgent.connect(authority);
    await until(() => agents().length === 3, "another one");
    expect(reachable).toEqual(["office", "plant"]);
  });

  it("keeps tunnels apart", async () => {
    const { agent, target: office, gate } = await tunnelWorld({ tunnels: twoTunnels });
    const inPlant = new ScriptedTarget("plant");
    await agent({ key: otherKey, target: inPlant });
    await expect(ask(office).sink.answer).rejects.toMatchObject({ failure: "no-target" });
    const { sink } = ask(gate.target("plant", { isIdempotent: false }));
    await until(() => inPlant.requests.length === 1, "the request");
    inPlant.last.answer(200);
    expect((await sink.answer).status).toBe(200);
  });

  it("takes no more than 64 agents into a tunnel", async () => {
    const { authority, agents } = await tunnelWorld();
    for (let index = 0; index < 64; index++) await RawAgent.connect(authority);
    await until(() => agents().length === 64, "64 agents");
    const answer = await upgrade(authority, "/tunnels/office", { ...protocol, ...bearer(key) });
    expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\nRetry-After: /);
  });

  it("disconnects whose key was taken away, at once and with the reason, and nobody else", async () => {
    const keys = [key, otherKey];
    const { authority, gate, agents, target: tunnel } = await tunnelWorld({ tunnels: [{ name: "office", keys }] });
    const revoked = await RawAgent.connect(authority, key);
    const { sink } = ask(tunnel, { method: "POST" });
    await until(() => revoked.opened.length === 1, "a request");
    const kept = await RawAgent.connect(authority, otherKey);
    await until(() => agents().length === 2, "the agents");
    gate.configure([{ name: "office", keys: [otherKey] }]);
    expect(agents()).toHaveLength(1);
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-closed", sent: true });
    await until(() => revoked.closed, "its end");
    expect(revoked.closed).toEqual([4401, "the key was revoked"]);
    kept.answerAll();
    expect((await ask(tunnel).sink.answer).status).toBe(200);
  });

  it("disconnects everybody when the tunnel is taken away", async () => {
    const { authority, gate } = await tunnelWorld({ tunnels: twoTunnels });
    const [office, plant] = [await RawAgent.connect(authority, key), await RawAgent.connect(authority, otherKey)];
    gate.configure([{ name: "plant", keys: [otherKey] }]);
    await until(() => office.closed, "its end");
    expect(gate.status()).toEqual([{ name: "plant", agents: [expect.anything()] }]);
    expect(plant.closed).toBeUndefined();
  });

  it("that is closed lets nobody in, and waits for what is under way", async () => {
    const { authority, gate, agent, target: tunnel } = await tunnelWorld();
    const target = new ScriptedTarget("inner");
    const { agent: running } = await agent({ target });
    const { sink } = ask(tunnel, { method: "POST" });
    await until(() => target.requests.length === 1, "the request");
    const closed = gate.close();
    expect(await upgrade(authority, "/tunnels/office", { ...protocol, ...bearer(key) })).toMatch(/^HTTP\/1.1 503 /);
    target.last.answer(200);
    expect((await sink.answer).status).toBe(200);
    await closed;
    await running.stop();
    expect(gate.status()).toEqual([{ name: "office", agents: [] }]);
  });

  it("that is closed cuts off after ten seconds who is not done", async () => {
    const clock = testClock();
    const { authority, gate, agents, target: tunnel } = await tunnelWorld({ clock });
    const agent = await RawAgent.connect(authority);
    await until(() => agents().length === 1, "the agent");
    const { sink } = ask(tunnel);
    await until(() => agent.opened.length === 1, "the request");
    const closed = gate.close();
    await clock.advance(10_000);
    await closed;
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-closed" });
    await until(() => agent.closed, "its end");
    expect(agent.closed).toEqual([1001, "the hub stops"]);
  });

  it("ends a target without its agents", async () => {
    const { authority, gate, target: before } = await tunnelWorld();
    const agent = await RawAgent.connect(authority);
    const { sink } = ask(before);
    await until(() => agent.opened.length === 1, "the request");
    await before.close();
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-closed" });
    agent.answerAll();
    const after = gate.target("office", { isIdempotent: false });
    expect((await ask(after).sink.answer).status).toBe(200);
  });

  it("gives up an agent that is not heard of for forty seconds, and none that answers pings", async () => {
    const clock = testClock();
    const { authority, agents, agent, log } = await tunnelWorld({ clock });
    const silent = await RawAgent.connect(authority);
    await until(() => agents().length === 1, "the silent agent");
    await agent({ name: "answering" });
    for (let seconds = 0; seconds < 40; seconds += 5) {
      await clock.advance(5_000);
      // Over a real connection an answer takes turns of its own.
      const pings = silent.frames.length;
      await until(() => seconds < 15 || silent.frames.length >= Math.min(pings, 1), "pings");
    }
    await until(() => agents().length === 1, "the end of the silent agent");
    expect(agents()).toMatchObject([{ name: "answering" }]);
    expect(log).toContain("agent agent left tunnel office: nothing was heard for 40 s");
    await until(() => silent.closed?.[0] === 1006, "the end of its connection");
  });
});
