import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import type { NewForwards } from "../model/forward.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { startHub } from "./hub-for-tests.ts";
import { openApiOf } from "./openapi.ts";
import type { RelayStatus } from "./relay-shapes.ts";
import { relayEndpoints } from "./relays.ts";

const tenant = "default";
const day = Date.parse("2026-03-01T00:00:00Z");
const hour = 3_600_000;

/** One relay with a receiver that is up and one that is down; callbacks 1 to 4 came an hour apart. */
async function setup() {
  const { store, remove } = await sqliteWorld();
  onTestFinished(remove);
  const target = {
    name: "http://crm",
    weight: 1,
    state: "up",
    ejectedUntil: undefined,
    pending: 0,
    failures: 2,
  } as const;
  const relay: RelayStatus = {
    name: "wework",
    prefix: "/wework-callback",
    mode: "durable",
    account: "wecom/default",
    targets: [],
    receivers: [
      { name: "crm", types: [], answers: true, isSealed: true, targets: [target] },
      {
        name: "oa",
        types: ["yizhan.app.menu"],
        answers: false,
        isSealed: false,
        targets: [],
        trouble: { error: "target-refused", untilMs: day },
      },
    ],
  };
  const moved: string[] = [];
  const endpoints = relayEndpoints({
    tenant,
    relays: () => [relay],
    forwards: store.forwards,
    moved: async (name, receiver) => void moved.push(`${name} ${receiver}`),
    now: () => day + 10 * hour,
  });
  const hub = await startHub({ more: endpoints });
  for (const n of [1, 2, 3, 4]) {
    const events = [{ id: `e${n}`, type: "yizhan.app.other", key: `k${n}`, at: 1, data: {} } as const];
    const receivedAt = day + n * hour;
    await store.arrive({
      tenant,
      account: "a",
      platform: "p",
      receivedAt,
      events,
      raw: "secret",
      forwards: forwards(n),
    });
  }
  const settle = async (receiver: string, state: "done" | "dead") => {
    const next = await store.forwards.next(tenant, { relay: "wework", receiver, chat: "c" });
    const step = { seq: next?.seq ?? 0, state, attempts: 2, refusals: 1, dueAt: 0, error: "HTTP 400", at: day };
    await store.forwards.record(step);
  };
  await settle("crm", "done");
  await settle("crm", "dead");
  return { hub, store, moved, endpoints };
}

function forwards(n: number): NewForwards {
  const request = { method: "POST", path: "", query: undefined, headers: [], body: Buffer.from("secret") };
  const to = [
    { id: `crm-${n}`, receiver: "crm" },
    { id: `oa-${n}`, receiver: n === 4 ? "gone" : "oa" },
  ];
  return { relay: "wework", key: `k${n}`, chat: "c", request, to };
}

describe("GET /api/v1/relays", () => {
  it("tells what waits for whom and since when, and who is down and why", async () => {
    const { hub } = await setup();
    const { status, body } = await hub.ask("GET", "/api/v1/relays");
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      relays: [
        {
          name: "wework",
          path: "/wework-callback",
          mode: "durable",
          account: "wecom/default",
          receivers: [
            {
              name: "crm",
              state: "up",
              waiting: 2,
              dead: 1,
              oldest_waiting_at: "2026-03-01T03:00:00Z",
              answers: true,
              sealed: true,
              targets: [{ name: "http://crm", failures: 2, ejected_until: null }],
            },
            { name: "oa", state: "down", error: "target-refused", waiting: 3, types: ["yizhan.app.menu"] },
            { name: "gone", state: "removed", waiting: 1 },
          ],
        },
      ],
    });
  });
});

describe("GET /api/v1/relays/{name}/forwards", () => {
  it("lists newest first, a page at a time, and says nothing of what they carry", async () => {
    const { hub } = await setup();
    const first = await hub.ask("GET", "/api/v1/relays/wework/forwards?limit=3");
    expect(ids(first)).toEqual(["oa-4", "crm-4", "oa-3"]);
    const next = await hub.ask("GET", `/api/v1/relays/wework/forwards?limit=9&cursor=${first.body.data.next_cursor}`);
    expect(ids(next)).toEqual(["crm-3", "oa-2", "crm-2", "oa-1", "crm-1"]);
    expect(next.body.data.next_cursor).toBeNull();
    expect(first.text + next.text).not.toContain("secret");
  });

  it("is narrowed by state, receiver and time", async () => {
    const { hub } = await setup();
    const list = async (query: string) => ids(await hub.ask("GET", `/api/v1/relays/wework/forwards?${query}`));
    expect(await list("state=dead,done")).toEqual(["crm-2", "crm-1"]);
    expect(await list("receiver=oa&since=2026-03-01T02:00:00Z&until=2026-03-01T03:00:00Z")).toEqual(["oa-2"]);
    const wrong = await hub.ask("GET", "/api/v1/relays/wework/forwards?state=lost");
    expect([wrong.status, wrong.body.data.error]).toEqual([400, expect.stringContaining("state")]);
  });

  it("knows no other relay", async () => {
    const { hub } = await setup();
    expect((await hub.ask("GET", "/api/v1/relays/other/forwards")).status).toBe(404);
  });
});

describe("POST /api/v1/relays/{name}/replay", () => {
  const replay = "/api/v1/relays/wework/replay";

  it("sends one again, and has its receiver asked", async () => {
    const { hub, store, moved } = await setup();
    expect(await hub.ask("POST", replay, { body: { id: "crm-1" } })).toMatchObject({
      status: 202,
      body: { data: { count: 1 } },
    });
    expect(await store.forwards.get(tenant, "wework", "crm-1")).toMatchObject({ state: "waiting", replays: 1 });
    expect(moved).toEqual(["wework crm"]);
    expect((await hub.ask("POST", replay, { body: { id: "nothing" } })).status).toBe(404);
  });

  it("sends those of a span again, to one receiver or all, in the states that are named", async () => {
    const { hub, moved } = await setup();
    const span = { since: "2026-03-01T01:00:00Z", until: "2026-03-01T03:00:00+00:00" };
    const asked = await hub.ask("POST", replay, { body: { ...span, receiver: "crm", states: ["dead"] } });
    expect(asked.body.data).toEqual({ count: 1 });
    expect((await hub.ask("POST", replay, { body: span })).body.data).toEqual({ count: 1 });
    expect((await hub.ask("POST", replay, { body: { since: span.since } })).body.data).toEqual({ count: 0 });
    expect(moved).toEqual(["wework crm", "wework undefined", "wework undefined"]);
  });

  it.each([
    [{}, "id"],
    [{ id: "crm-1", since: "2026-03-01T01:00:00Z" }, "id"],
    [{ id: "crm-1", states: ["dead"] }, "id"],
    [{ since: "2026-03-01T01:00:00Z", until: "2026-03-01T01:00:00Z" }, "until"],
    [{ since: "yesterday" }, "since"],
    [{ since: "2026-03-01T01:00:00Z", states: ["waiting"] }, "states"],
  ])("refuses %j and names %s", async (body, field) => {
    const { hub, moved } = await setup();
    const { status, body: answered } = await hub.ask("POST", replay, { body });
    expect(status).toBe(400);
    expect(JSON.stringify(answered.data)).toContain(`"field":"${field}`);
    expect(moved).toEqual([]);
  });
});

describe("POST /api/v1/relays/{name}/forwards/{id}/skip", () => {
  const skip = (id: string) => `/api/v1/relays/wework/forwards/${id}/skip`;

  it("lets those behind it go on", async () => {
    const { hub, moved } = await setup();
    const { status, body } = await hub.ask("POST", skip("oa-1"));
    expect([status, body.data.forward]).toEqual([200, expect.objectContaining({ id: "oa-1", state: "skipped" })]);
    expect(moved).toEqual(["wework oa"]);
  });

  it("is too late for what is done, and finds nothing of another name", async () => {
    const { hub, moved } = await setup();
    expect((await hub.ask("POST", skip("crm-1"))).status).toBe(409);
    expect((await hub.ask("POST", skip("crm-9"))).status).toBe(404);
    expect((await hub.ask("POST", skip("oa-1"), { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    expect(moved).toEqual([]);
  });
});

describe("the documents", () => {
  it("describe what these endpoints answer", async () => {
    const { hub, endpoints } = await setup();
    const document = openApiOf(endpoints, "0") as unknown as {
      paths: Record<
        string,
        Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
      >;
    };
    for (const [path, asked] of [
      ["/api/v1/relays", "/api/v1/relays"],
      ["/api/v1/relays/{name}/forwards", "/api/v1/relays/wework/forwards"],
    ] as const) {
      const schema = document.paths[path]?.get?.responses["200"]?.content?.["application/json"]?.schema;
      const { body } = await hub.ask("GET", asked);
      expect(z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body)).toMatchObject({
        success: true,
      });
    }
  });
});

function ids({ body }: { body: { data: Record<string, unknown> } }): string[] {
  return (body.data.forwards as { id: string }[]).map(({ id }) => id);
}
