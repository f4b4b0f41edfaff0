import { describe, expect, it, onTestFinished } from "vitest";
import {
  deadOrigin,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
} from "../src/testing/scripted-server.ts";
import { type Answer, ask } from "./ask.ts";
import { InnerProcess } from "./relay/inner-process.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { until } from "./until.ts";

const ok: ScriptedAnswer = { status: 200, body: "taken" };
const failing: ScriptedAnswer = { status: 503, body: "" };

async function serving(answer: Parameters<typeof scriptedServer>[0] = () => ok): Promise<ScriptedServer> {
  const server = await scriptedServer(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** A relay in a process of its own, and how to ask it. */
async function relaying(targets: readonly unknown[], fields: object = {}, rest: object = {}) {
  const relay = await RelayProcess.start({ config: relayConfig(targets as string[], fields, rest) });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const send = (method: string, path: string, text?: string, headers: Readonly<Record<string, string>> = {}) =>
    ask(relay.url, method, `/wework-callback${path}`, text === undefined ? { headers } : { text, headers });
  return { relay, send, post: (body: string) => send("POST", "/hook", body) };
}

const bodies = ({ requests }: ScriptedServer) => requests.map(({ body }) => body);
const causeOf = ({ text }: Answer) => (JSON.parse(text) as { data: { cause: string } }).data.cause;

describe("a relay with several targets", () => {
  it("shares requests among them by weight", async () => {
    const [heavy, light] = [await serving(), await serving()];
    const { send } = await relaying([{ url: heavy.origin, weight: 3 }, light.origin]);
    for (let sent = 0; sent < 40; sent++) expect((await send("GET", "/")).status).toBe(200);
    expect([heavy.requests.length, light.requests.length]).toEqual([30, 10]);
  });

  it("sends the same value of the sticky header to the same one, and moves only those of a lost one", async () => {
    const servers = [await serving(), await serving(), await serving()];
    const { send } = await relaying(
      servers.map(({ origin }) => origin),
      { balance: "sticky", sticky_by: "X-User" },
    );
    const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    /** Which of the servers each user's request came to. */
    const places = async () => {
      const before = servers.map(({ requests }) => requests.length);
      for (const user of users) {
        const { status } = await send("PUT", "/", user, { "x-user": user });
        expect(status).toBe(200);
      }
      const came = servers.map(({ requests }, index) => requests.slice(before[index]).map(({ body }) => body));
      return users.map((user) => came.findIndex((some) => some.includes(user)));
    };

    const first = await places();
    expect(new Set(first)).toEqual(new Set([0, 1, 2]));
    expect(await places()).toEqual(first);
    await servers[0]?.[Symbol.asyncDispose]();
    const second = await places();
    expect(second).not.toContain(0);
    expect(second.filter((_, index) => first[index] !== 0)).toEqual(first.filter((place) => place !== 0));
  });

  it("loses nothing when one of two refuses: of a hundred POSTs none fails, and each is delivered once", async () => {
    const alive = await serving();
    const { post } = await relaying([await deadOrigin(), alive.origin]);
    const wanted = Array.from({ length: 100 }, (_, index) => `body ${index}`);
    const answers = [];
    for (let sent = 0; sent < wanted.length; sent += 10) {
      answers.push(...(await Promise.all(wanted.slice(sent, sent + 10).map(post))));
    }
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(bodies(alive).toSorted()).toEqual(wanted.toSorted());
  });

  it("sends on to the other one, whole, a body that is too long to be kept", async () => {
    const alive = await serving();
    const { post } = await relaying([await deadOrigin(), alive.origin]);
    const long = "0123456789abcdef".repeat(65_536);
    for (let sent = 0; sent < 4; sent++) expect((await post(long)).status).toBe(200);
    expect(bodies(alive).map((body) => body === long)).toEqual([true, true, true, true]);
  });

  it("does without a tunnel that no agent is connected to", async () => {
    const alive = await serving();
    const tunnels = { branch: { keys: ["0123456789abcdef"] } };
    const { post } = await relaying([{ tunnel: "branch" }, alive.origin], {}, { tunnels });
    for (let sent = 0; sent < 6; sent++) expect((await post(`${sent}`)).status).toBe(200);
    expect(bodies(alive)).toEqual(["0", "1", "2", "3", "4", "5"]);
  });

  it("sends to another one what the first may have seen only where that is safe", async () => {
    const [rude, alive] = [await serving(() => "hang-up"), await serving()];
    const { send } = await relaying([rude.origin, alive.origin]);
    const post = await send("POST", "/", "once");
    expect([post.status, causeOf(post), bodies(rude), bodies(alive)]).toEqual([502, "target-closed", ["once"], []]);
    // The other one's turn, and the first one's again.
    expect((await send("PUT", "/", "other")).status).toBe(200);
    expect((await send("PUT", "/", "twice")).status).toBe(200);
    expect([bodies(rude), bodies(alive)]).toEqual([
      ["once", "twice"],
      ["other", "twice"],
    ]);
  });

  it("leaves out one that answers 503 three times, and asks it by one request whether it is back", async () => {
    let isIll = true;
    const ill = await serving(() => (isIll ? failing : ok));
    const well = await serving();
    const { post } = await relaying([ill.origin, well.origin], {
      passive_health: { failures: 3, window: "10s", eject: "500ms", max_eject: "2s" },
    });
    const statuses: number[] = [];
    while (statuses.filter((status) => status === 503).length < 3) statuses.push((await post("x")).status);
    expect(ill.requests).toHaveLength(3);

    // One more failure, the probe's, takes it out for longer.
    await until(async () => (await post("x")).status === 503, { what: "a request at the ejected target" });
    expect(ill.requests).toHaveLength(4);
    isIll = false;
    await until(async () => (await post("x")).status === 200 && ill.requests.length > 4, { what: "a second probe" });
    const before = ill.requests.length;
    for (let sent = 0; sent < 10; sent++) expect((await post("x")).status).toBe(200);
    expect(ill.requests.length - before).toBe(5);
  });

  it("refuses with 503 while no target is up by its health check, and says when to try again", async () => {
    let isWell = false;
    const one = await serving(({ url }) => (url === "/up" && !isWell ? { status: 500, body: "" } : ok));
    const two = await serving(({ url }) => (url === "/up" ? { status: 500, body: "" } : ok));
    const { post } = await relaying([one.origin, two.origin], {
      health: { path: "/up", every: "100ms", timeout: "10s", up: 2, down: 2 },
    });
    const refused = await until(
      async () => {
        const answer = await post("x");
        return answer.status === 503 ? answer : undefined;
      },
      { what: "both targets down" },
    );
    expect([causeOf(refused), refused.headers.get("retry-after")]).toEqual(["no-target", "1"]);
    isWell = true;
    await until(async () => (await post("back")).status === 200, { what: "a target up" });
    expect([bodies(one).includes("back"), bodies(two).includes("back")]).toEqual([true, false]);
  });

  it("refuses with 503 what is more than its targets may have at once", async () => {
    const silent = await serving(() => "stall");
    const { post } = await relaying([silent.origin], { pending_per_target: 2 });
    const waiting = [post("one"), post("two")].map((each) => each.catch(() => {}));
    await until(() => silent.requests.length === 2, { what: "two requests at the target" });
    const refused = await post("three");
    expect([refused.status, causeOf(refused), refused.headers.get("retry-after")]).toEqual([503, "overloaded", "1"]);
    expect(silent.requests).toHaveLength(2);
    await silent[Symbol.asyncDispose]();
    await Promise.all(waiting);
  });
});

describe("a hub with a relay", () => {
  it("tells how its targets are, and logs what becomes of them", async () => {
    const [alive, dead] = [await serving(), await deadOrigin()];
    const relay = await RelayProcess.hub({ config: relayConfig([dead, alive.origin]) });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    for (let sent = 0; sent < 10; sent++) {
      expect((await ask(relay.url, "POST", "/wework-callback", { text: "x" })).status).toBe(200);
    }
    const { body } = await ask<{ relays: { targets: unknown[] }[] }>(relay.url, "GET", "/api/v1/relays");
    expect(body.data.relays[0]?.targets).toEqual([
      { name: dead, weight: 1, state: "ejected", ejected_until: expect.any(String), pending: 0, failures: 3 },
      { name: alive.origin, weight: 1, state: "up", ejected_until: null, pending: 0, failures: 0 },
    ]);
    const { text: metrics } = await ask(relay.url, "GET", "/metrics");
    expect(metrics.split("\n")).toEqual(
      expect.arrayContaining([
        'yizhan_relay_repeats_total{relay="wework"} 3',
        `yizhan_relay_target_up{relay="wework",target="${dead}"} 0`,
        `yizhan_relay_target_up{relay="wework",target="${alive.origin}"} 1`,
        `yizhan_relay_target_pending{relay="wework",target="${alive.origin}"} 0`,
        `yizhan_relay_target_failures_total{relay="wework",target="${dead}"} 3`,
      ]),
    );
    await until(() => relay.log.includes(`target ${dead} failed too often`), { what: "the log line" });
    expect(relay.log).toContain(`${alive.origin} is asked`);
  });

  it("forgets nothing of its targets when the configuration is read again and they are the same", async () => {
    const [alive, dead] = [await serving(), await deadOrigin()];
    const relay = await RelayProcess.hub({ config: relayConfig([dead, alive.origin]) });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    const state = async () => {
      const { body } = await ask<{ relays: { targets: { state: string }[] }[] }>(relay.url, "GET", "/api/v1/relays");
      return body.data.relays[0]?.targets.map((target) => target.state);
    };
    while ((await state())?.[0] !== "ejected") await ask(relay.url, "POST", "/wework-callback", { text: "x" });
    relay.process.signal("SIGHUP");
    await until(() => /configuration reloaded/.test(relay.log), { what: "the reload" });
    expect(await state()).toEqual(["ejected", "up"]);
  });
});

describe("one of two targets that is killed under load", () => {
  it("costs the requests that it had, and no others", async () => {
    const inners = [await InnerProcess.start(), await InnerProcess.start()];
    onTestFinished(async () => void (await Promise.all(inners.map((inner) => inner.kill()))));
    const { post } = await relaying(inners.map(({ port }) => `http://127.0.0.1:${port}`));
    const sent: { readonly body: string; readonly answer: Answer }[] = [];
    let isOver = false;
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let nth = 0; !isOver; nth++) {
        const body = `${client}-${nth}`;
        sent.push({ body, answer: await post(body) });
      }
    });
    await until(() => sent.length > 200, { what: "load" });
    await inners[0]?.kill();
    const killedAt = sent.length;
    await until(() => sent.length > killedAt + 200, { what: "load on the one that is left" });
    isOver = true;
    await Promise.all(clients);

    const failed = sent.filter(({ answer }) => answer.status !== 200);
    // At most what each client had under way.
    expect(failed.length).toBeLessThanOrEqual(8);
    expect(failed.filter(({ answer }) => answer.status !== 502)).toEqual([]);
    await inners[1]?.kill();
    const saw = inners.flatMap((inner) => inner.saw);
    expect(new Set(saw).size).toBe(saw.length);
    const answered = sent.filter(({ answer }) => answer.status === 200).map(({ body }) => body);
    expect(answered.filter((body) => !saw.includes(body))).toEqual([]);
  });
});
