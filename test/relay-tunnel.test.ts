import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { AgentProcess, tunnelConfig } from "./relay/agent-process.ts";
import { InnerProcess } from "./relay/inner-process.ts";
import { RawClient } from "./relay/raw-client.ts";
import { RawTarget, staysSilent } from "./relay/raw-target.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { get, post } from "./relay/row.ts";
import { sweep } from "./relay/sweep.ts";
import { until } from "./until.ts";

const MB = 1024 * 1024;

describe("the relay through a tunnel", () => {
  sweep({
    async start({ url }) {
      const world = new AsyncDisposableStack();
      const relay = world.use(await RelayProcess.start({ config: tunnelConfig() }));
      world.use(await AgentProcess.start({ hub: relay.url, to: url }));
      return { url: relay.url, [Symbol.asyncDispose]: () => world.disposeAsync() };
    },
    rowOf: (row) => row,
    keepsOrder: true,
  });
});

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of the intranet in this process, an agent in front of it, and a relay that they are the target of. */
async function world(handle: Handle, { agents = 1, fields = {} }: { agents?: number; fields?: object } = {}) {
  const inner = createServer(handle);
  await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    inner.closeAllConnections();
    inner.close();
  });
  const to = `http://127.0.0.1:${(inner.address() as AddressInfo).port}`;
  const relay = await RelayProcess.start({ config: tunnelConfig(fields) });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const started: AgentProcess[] = [];
  const startAgent = async () => {
    const agent = await AgentProcess.start({ hub: relay.url, to, args: ["--name", `agent-${started.length}`] });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    started.push(agent);
    return agent;
  };
  for (let count = 0; count < agents; count++) await startAgent();
  return { relay, agents: started, startAgent, url: `${relay.url}/wework-callback` };
}

const block = randomBytes(MB);

/** So many different megabytes, and their hash. */
function bigBody(megabytes: number) {
  const hash = createHash("sha256");
  function* blocks() {
    for (let number = 0; number < megabytes; number++) {
      const bytes = Buffer.from(block);
      bytes.writeUInt32BE(number);
      hash.update(bytes);
      yield bytes;
    }
  }
  return { body: Readable.from(blocks()), hash: () => hash.digest("hex") };
}

async function hashOf(body: Readable): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk);
  return hash.digest("hex");
}

/** How much more than now is taken at most, by the relay and by the agent. */
function memoryOf(processes: readonly (RelayProcess | AgentProcess)[]) {
  const before = processes.map((each) => each.memory().now);
  return () => processes.map((each, index) => each.memory().peak - (before[index] ?? 0));
}

describe("100 MB through a tunnel", { timeout: 60_000 }, () => {
  async function warmWorld(handle: Handle) {
    let isWarm = false;
    const all = await world((incoming, response) => {
      if (isWarm) handle(incoming, response);
      else incoming.resume().once("end", () => response.end(block));
    });
    for (let count = 0; count < 20; count++) await (await fetch(all.url, { method: "POST", body: block })).bytes();
    isWarm = true;
    return { ...all, extraMemory: memoryOf([all.relay, ...all.agents]) };
  }

  it("arrive as they were sent, and are never held whole", async () => {
    const { url, extraMemory } = await warmWorld((incoming, response) => {
      void hashOf(incoming).then((hash) => response.end(hash));
    });
    const { body, hash } = bigBody(100);
    const outgoing = request(url, { method: "POST", headers: { "transfer-encoding": "chunked" }, agent: false });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve).once("error", reject);
    });
    await pipeline(body, outgoing);
    expect(await text(await answer)).toBe(hash());
    for (const extra of extraMemory()) expect(extra).toBeLessThan(64 * MB);
  });

  it("come back as they were answered, and are never held whole, also while the caller does not read", async () => {
    const { body, hash } = bigBody(100);
    const { url, extraMemory } = await warmWorld(
      (_incoming, response) => void pipeline(body, response).catch(() => {}),
    );
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { agent: false }).once("response", resolve).once("error", reject).end();
    });
    // Not read, until what is on its way has come to a stop.
    let last = -1;
    let alike = 0;
    const socket = answer.socket as Socket;
    await until(
      () => {
        alike = socket.bytesRead === last ? alike + 1 : 0;
        last = socket.bytesRead;
        return alike >= 30;
      },
      { what: "the sender having to wait" },
    );
    expect(last).toBeLessThan(50 * MB);
    expect(await hashOf(answer)).toBe(hash());
    for (const extra of extraMemory()) expect(extra).toBeLessThan(64 * MB);
  });
});

describe("two hundred callers at once", () => {
  it("are each answered, whatever one of them does not read", async () => {
    const { url } = await world((incoming, response) => {
      if (incoming.url?.endsWith("/endless")) {
        // Until nobody takes any more.
        const write = () => {
          while (response.write(block));
        };
        response.on("drain", write);
        write();
      } else void text(incoming).then((said) => response.end(`heard ${said}`));
    });
    const stalled = request(`${url}/endless`, { agent: false });
    const head = await new Promise<IncomingMessage>((resolve) => stalled.once("response", resolve).end());
    head.pause();
    const said = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(index * 100)}`);
    const answers = await Promise.all(said.map(async (body) => (await fetch(url, { method: "POST", body })).text()));
    expect(answers).toEqual(said.map((body) => `heard ${body}`));
    stalled.destroy();
  });
});

describe("a caller who leaves", () => {
  it("ends the request at the inner server", async () => {
    const inner = await RawTarget.listen();
    onTestFinished(() => inner[Symbol.asyncDispose]());
    inner.expect([staysSilent]);
    const relay = await RelayProcess.start({ config: tunnelConfig() });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    const agent = await AgentProcess.start({ hub: relay.url, to: inner.url });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const client = await RawClient.connect(relay.url);
    client.write(post("/wework-callback/slow", "a body"));
    await inner.has(1);
    client.leave();
    const hasEnded = () => inner.connections.every((connection) => connection.hasEnded) || undefined;
    await inner.until(hasEnded, "the end of the inner connection");
    using other = await RawClient.connect(relay.url);
    other.write(get("/wework-callback/next"));
    expect((await other.answer()).line).toMatch(/ 200 /);
  });
});

describe("an agent that is killed under load", { timeout: 60_000 }, () => {
  it("loses only what may not be repeated and was under way in it", async () => {
    const taken: string[] = [];
    const { url, agents, relay } = await world(
      (incoming, response) =>
        void text(incoming).then((said) => {
          taken.push(said);
          response.end("ok");
        }),
      { agents: 2 },
    );
    const outcomes: { method: string; id: string; status: number; at: number }[] = [];
    let isOver = false;
    const ask = async (method: "GET" | "PUT" | "POST", worker: number) => {
      for (let count = 0; !isOver; count++) {
        const id = `${method}-${worker}-${count}`;
        const at = performance.now();
        const { status } = await fetch(url, { method, ...(method === "GET" ? {} : { body: id }) });
        outcomes.push({ method, id, status, at });
      }
    };
    const workers = (["GET", "PUT", "POST"] as const).flatMap((method) =>
      [0, 1, 2, 3].map((each) => ask(method, each)),
    );
    await until(() => outcomes.length > 300, { what: "load" });
    await agents[0]?.process.kill();
    const killedAt = performance.now();
    const before = outcomes.length;
    await until(() => outcomes.length > before + 300, { what: "load after the kill", deadlineMs: 20_000 });
    isOver = true;
    await Promise.all(workers);
    const failed = outcomes.filter(({ status }) => status !== 200);
    expect(failed.filter(({ method, status }) => method !== "POST" || status !== 502)).toEqual([]);
    // One for each worker at most: those whose request the killed agent had.
    expect(failed.length).toBeLessThanOrEqual(4);
    expect(failed.filter(({ at }) => at > killedAt)).toEqual([]);
    const posts = outcomes.filter(({ method, status }) => method === "POST" && status === 200).map(({ id }) => id);
    for (const id of posts) expect(taken.filter((each) => each === id)).toHaveLength(1);
    expect(relay.process.exit).toBeUndefined();
  });

  it("and was the only one is answered for with 503, until there is another", async () => {
    const { url, agents, startAgent } = await world((_incoming, response) => response.end("ok"));
    expect((await fetch(url)).status).toBe(200);
    await agents[0]?.process.kill();
    await until(async () => (await fetch(url)).status === 503, { what: "no agent" });
    const refused = await fetch(url);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(JSON.stringify(await refused.json())).not.toMatch(/127\.0\.0\.1/);
    await startAgent();
    expect((await fetch(url)).status).toBe(200);
  });
});

describe("an agent that is told to stop", () => {
  it("finishes what is under way, takes nothing new, and ends with 0", async () => {
    const held: ServerResponse[] = [];
    const { url, agents, startAgent } = await world((incoming, response) => {
      if (incoming.url?.endsWith("/slow")) held.push(response);
      else response.end("ok");
    });
    const slow = fetch(`${url}/slow`, { method: "POST", body: "x" });
    await until(() => held.length === 1, { what: "the request" });
    await startAgent();
    agents[0]?.process.signal("SIGTERM");
    await agents[0]?.process.printed(/SIGTERM: taking nothing new/);
    for (let count = 0; count < 20; count++) expect((await fetch(url, { method: "POST", body: "x" })).status).toBe(200);
    expect(agents[0]?.process.exit).toBeUndefined();
    held[0]?.end("at last");
    expect(await (await slow).text()).toBe("at last");
    expect(await agents[0]?.process.exited).toEqual({ code: 0, signal: null });
    expect((await fetch(url)).status).toBe(200);
  });
});

describe("an inner server that is killed", () => {
  it("is answered for with 502 while it is down, and by itself afterwards, over the same agent", async () => {
    let inner = await InnerProcess.start();
    const { port } = inner;
    const relay = await RelayProcess.start({ config: tunnelConfig({ passive_health: { failures: 1000 } }) });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    const agent = await AgentProcess.start({ hub: relay.url, to: `http://127.0.0.1:${port}` });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const ask = async (body: string) => (await fetch(`${relay.url}/wework-callback`, { method: "POST", body })).status;
    expect(await ask("before")).toBe(200);
    await inner.kill();
    expect(await ask("while it is down")).toBe(502);
    inner = await InnerProcess.start(port);
    onTestFinished(() => inner[Symbol.asyncDispose]());
    expect(await ask("after")).toBe(200);
    expect(inner.saw).toEqual(["after"]);
    expect(agent.log).toMatch(/POST \/ was not answered: .*refused/i);
    expect(agent.log).not.toContain("disconnected");
  });
});
