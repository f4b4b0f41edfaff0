import type { AddressInfo } from "node:net";
import Fastify, { type FastifyReply } from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { RefusalCounts } from "../http/reception-metrics.ts";
import { type HubStatus, statusEndpoint } from "../http/status.ts";
import { refusals } from "../platforms/receiving.ts";
import { failureAdvice, hubAdvice, longConnection, refusalAdvice, unknownReason } from "./doctor-advice.ts";
import { examineHub } from "./doctor-hub.ts";

const well: HubStatus = { accounts: [], waiting: 0, events: {}, counts: {} };

interface Doors {
  readonly ready?: number;
  readonly metrics?: string;
  readonly key?: string;
  readonly answerStatus?: (reply: FastifyReply) => void;
}

/** A hub whose status is what its own endpoint makes of this. */
async function hub(status: Partial<HubStatus>, { ready = 200, metrics = "", key, answerStatus }: Doors = {}) {
  const app = Fastify();
  const options = { status: async () => ({ ...well, ...status }), version: "1.2.3", startedAt: 0, now: () => 5_000 };
  const { path, handle } = statusEndpoint(options);
  app.addHook("onRequest", async (request, reply) => {
    const isOpen = request.url === "/ready" || key === undefined;
    if (!isOpen && request.headers.authorization !== `Bearer ${key}`) await reply.code(401).send("{}");
  });
  app.get("/ready", (_request, reply) => reply.code(ready).send("{}"));
  app.get("/metrics", (_request, reply) => reply.send(metrics));
  app.get(path, (request, reply) => (answerStatus ? answerStatus(reply) : handle(request, reply)));
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { url, examined: (given?: string) => examineHub({ url, key: given, timeoutMs: 10_000 }) };
}

const oa = { platform: "wecom", name: "oa", callbackPath: "/callbacks/default/wecom/oa", refusals: {} };

describe("a hub that is well", () => {
  it("has nothing to fix, and is shown account by account", async () => {
    const lastEventAt = Date.UTC(2026, 0, 4, 1, 30);
    const accounts = [
      { ...oa, lastEventAt, connection: "connected", refusals: { stale: 0 } },
      { ...oa, name: "hr" },
    ];
    const { url, examined } = await hub({ accounts, waiting: 3 });
    expect(await examined()).toEqual({
      reached: true,
      seen: [
        `${url} runs Yizhan 1.2.3; 3 deliveries wait`,
        "wecom oa: last event 2026-01-04T01:30:00Z",
        "wecom hr: no event since the start",
      ],
      findings: [],
    });
  });
});

describe("a refused callback", () => {
  it("is found by account and reason, with what to do", async () => {
    const { examined } = await hub({ accounts: [{ ...oa, refusals: { signature: 2, stale: 1 } }] });
    expect((await examined()).findings).toEqual([
      { what: "wecom oa: 2 callback(s) refused since the start: signature", advice: refusalAdvice.signature },
      { what: "wecom oa: 1 callback(s) refused since the start: stale", advice: refusalAdvice.stale },
    ]);
  });

  it("for no account is found in the counters that the hub really keeps", async () => {
    const counts = new RefusalCounts({ now: () => 0, log: { warn: () => {} } });
    counts.unknownAccount({ tenant: "default", platform: "wecom", account: "ao" });
    counts.unknownAccount({ tenant: "default", platform: "wecom", account: "ao" });
    counts.received("wecom", 1, 0);
    const { examined } = await hub({}, { metrics: counts.render() });
    expect((await examined()).findings).toEqual([
      { what: "2 callback(s) for accounts that do not exist", advice: refusalAdvice["unknown-account"] },
    ]);
  });

  it("has advice for every reason there is, in both languages", () => {
    for (const reason of Object.keys(refusals)) expect(Object.keys(refusalAdvice)).toContain(reason);
    for (const { en, zh } of [...Object.values(refusalAdvice), ...Object.values(failureAdvice)]) {
      expect(en).toMatch(/^[A-Z].*[.?]$/);
      expect(zh).toMatch(/\p{Script=Han}.*[。？]$/u);
    }
  });

  it("for a reason that this command does not know is told all the same", async () => {
    const { examined } = await hub({ accounts: [{ ...oa, refusals: { toString: 1 } }] });
    expect((await examined()).findings).toMatchObject([{ advice: unknownReason }]);
  });
});

describe("other trouble of a hub", () => {
  it("is deliveries that failed for good, by platform and kind", async () => {
    const metrics = 'yizhan_failed_total{platform="feishu",kind="unauthorized"} 4\nyizhan_failed_total_other 1\n';
    const { examined } = await hub({}, { metrics });
    expect((await examined()).findings).toEqual([
      { what: "feishu: 4 deliveries failed since the start: unauthorized", advice: failureAdvice.unauthorized },
    ]);
  });

  it("is a long connection that is not up", async () => {
    const { examined } = await hub({ accounts: [{ ...oa, connection: "connecting" }] });
    expect((await examined()).findings).toEqual([
      { what: "wecom oa: its long connection is connecting", advice: longConnection },
    ]);
  });

  it("is a mailbox that is not read, and not one that is", async () => {
    const desk = { platform: "email", name: "desk", refusals: {} };
    const seen = async (connection: string) =>
      (await (await hub({ accounts: [{ ...desk, connection }] })).examined()).findings;
    expect(await seen("watching")).toEqual([]);
    const what = "email desk: its mailbox is disconnected: no route";
    expect(await seen("disconnected: no route")).toEqual([{ what, advice: hubAdvice.mailbox }]);
  });

  it("is a store that cannot be written to", async () => {
    const { url, examined } = await hub({}, { ready: 503 });
    expect((await examined()).findings).toEqual([{ what: `${url} is not ready`, advice: hubAdvice.unready }]);
  });
});

describe("a hub that does not say how it is", () => {
  it("wants a key, or another one", async () => {
    const { url, examined } = await hub({}, { key: "right-key" });
    expect((await examined()).findings).toEqual([{ what: `${url} wants a key`, advice: hubAdvice.unauthorized }]);
    const { findings } = await examined("wrong-key");
    expect(findings).toEqual([{ what: `${url} does not know this key`, advice: hubAdvice.unauthorized }]);
    expect(await examined("right-key")).toMatchObject({ reached: true, findings: [] });
  });

  it.each([
    ["nothing of the kind", (reply: FastifyReply) => reply.code(404).send("no"), 404],
    ["JSON of another form", (reply: FastifyReply) => reply.send({ data: { accounts: 5 } }), 200],
    ["a page elsewhere", (reply: FastifyReply) => reply.redirect("http://127.0.0.1:1/"), 302],
  ] as const)("is something else: it answers %s", async (_what, answerStatus, code) => {
    const { url, examined } = await hub({}, { answerStatus });
    const what = `${url} answers /api/v1/status with ${code}, not with a status`;
    expect((await examined()).findings).toEqual([{ what, advice: hubAdvice.foreign }]);
  });

  it("is not there, and what stands beside its address is not shown", async () => {
    const place = { url: "http://user:password@127.0.0.1:1/path", timeoutMs: 10_000 };
    expect(await examineHub(place)).toEqual({
      reached: false,
      seen: [],
      findings: [{ what: "no hub answers at http://127.0.0.1:1", advice: hubAdvice.unreachable }],
    });
    expect(await examineHub({ ...place, url: "hub" })).toMatchObject({
      reached: false,
      findings: [{ what: "no hub answers at that address, which is no URL" }],
    });
  });
});
