import { describe, expect, it, onTestFinished } from "vitest";
import { createDispatch } from "../dispatch/dispatch.ts";
import { dispatchWorld, eventId } from "../dispatch/world-for-tests.ts";
import { MemoryQueue } from "../queue/memory-queue.ts";
import { type ScriptedAnswer, scriptedServer } from "../testing/scripted-server.ts";
import { handlerEndpoints } from "./handlers.ts";
import { startHub } from "./hub-for-tests.ts";
import { openApiOf } from "./openapi.ts";
import { statusEndpoint } from "./status.ts";
import { subscriptionEndpoints } from "./subscriptions.ts";

const root = "/api/v1/subscriptions";

interface Shown {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

/** A hub whose subscriptions work on the world's store, and a receiver that answers as it is told. */
async function setup({ allowPrivate = true, answer = () => 204 as number }: Setup = {}) {
  const world = await dispatchWorld();
  let n = 0;
  const dispatch = createDispatch({
    tenant: "default",
    store: world.store,
    clock: world.clock,
    lanes: (drain) =>
      new MemoryQueue({
        drain,
        clock: world.clock,
        concurrency: 8,
        groupOf: () => "",
        groupConcurrency: 8,
        onError: () => {},
        retryMs: 1_000,
      }),
    random: () => 0,
    newId: (now) => eventId(now, ++n),
    listen: () => () => {},
    observer: { attempted: () => {}, told: () => {} },
    onError: () => {},
    allowPrivate,
    schedule: { delaysMs: [], jitter: 0 },
  });
  await dispatch.start();
  onTestFinished(() => dispatch.stop());
  const { subscriptions, handlers, repliers } = dispatch;
  const now = world.clock.now;
  const more = [
    ...subscriptionEndpoints({ subscriptions, allowPrivate, now }),
    ...handlerEndpoints({ handlers, repliers }),
  ];
  const hub = await startHub({ more });
  const heard = Promise.withResolvers<void>();
  const server = await scriptedServer((): ScriptedAnswer => {
    const status = answer(server.requests.length);
    setImmediate(heard.resolve);
    return { status, body: "" };
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const create = async (said: object = {}) => {
    const { status, body } = await hub.ask("POST", root, { body: { url: `${server.origin}/hook`, ...said } });
    expect(status).toBe(201);
    return body.data as { subscription: Shown; secret?: string };
  };
  const happen = async (...events: Parameters<typeof world.happen>) => {
    const ids = await world.happen(...events);
    const stored = await Promise.all(ids.map((id) => world.store.event("default", id)));
    subscriptions.heard(stored.filter((each) => each !== undefined));
    return ids;
  };
  return { world, dispatch, hub, server, create, happen, more, firstRequest: heard.promise };
}

interface Setup {
  readonly allowPrivate?: boolean;
  readonly answer?: (nth: number) => number;
}

describe("POST /api/v1/subscriptions", () => {
  it("makes a secret and shows it this once", async () => {
    const { hub, create } = await setup();
    const { subscription, secret } = await create({ types: ["yizhan.app.menu"], accounts: ["a"] });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(subscription).toMatchObject({ state: "ok", enabled: true, types: ["yizhan.app.menu"], accounts: ["a"] });
    const again = await hub.ask("GET", `${root}/${subscription.id}`);
    expect(again.body.data.subscription).toEqual(subscription);
    expect((await hub.ask("GET", root)).body.data.subscriptions).toEqual([subscription]);
    expect(again.text).not.toContain("whsec_");
  });

  it("takes a secret of the client's own and never shows it", async () => {
    const { hub } = await setup();
    const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    const { status, text } = await hub.ask("POST", root, { body: { url: "https://example.com/a?token=hush", secret } });
    expect(status).toBe(201);
    expect(text).not.toContain(secret);
    expect(text).not.toContain("hush");
  });

  it.each([
    [{}, "url", "url不能为空"],
    [{ url: "example.com" }, "url", "url必须是以http://或https://开头的完整网址"],
    [{ url: "https://u:p@example.com" }, "url", "url不能包含用户名或密码，请求以签名证明身份"],
    [{ url: "http://127.0.0.1/" }, "url", "url指向内网、本机或链路本地地址，需由管理员允许"],
    [
      { url: "https://example.com", types: ["nothing"] },
      "types[0]",
      expect.stringContaining("yizhan.message.received"),
    ],
    [{ url: "https://example.com", secret: "whsec_c2hvcnQ=" }, "secret", expect.stringContaining("24至64字节")],
    [{ url: "https://example.com", enabled: "yes" }, "enabled", "enabled必须是布尔值true或false"],
  ])("refuses %j, naming %s", async (body, field, message) => {
    const { hub } = await setup({ allowPrivate: false });
    const answered = await hub.ask("POST", root, { body });
    expect(answered.status).toBe(400);
    expect(answered.body.data.errors).toEqual([{ field, message }]);
  });

  it("refuses what is not JSON", async () => {
    const { hub } = await setup();
    expect((await hub.ask("POST", root, { headers: { "content-type": "text/plain" }, body: "{}" })).status).toBe(415);
    const broken = await hub.ask("POST", root, { headers: { "content-type": "application/json" }, body: "{" });
    expect(broken.status).toBe(400);
  });
});

describe("a subscription", () => {
  it("is sent what arrives", async () => {
    const { server, create, happen, firstRequest } = await setup();
    await create();
    const [id] = await happen({});
    await firstRequest;
    expect(server.requests[0]?.headers["webhook-id"]).toBe(id);
  });

  it("is replaced as a whole; the address is kept when none is given", async () => {
    const { hub, create } = await setup();
    const { subscription } = await create({ types: ["yizhan.app.menu"], accounts: ["a"] });
    const { status, body } = await hub.ask("PUT", `${root}/${subscription.id}`, { body: { enabled: false } });
    expect(status).toBe(200);
    expect(body.data.subscription).toMatchObject({
      url: subscription.url,
      types: [],
      accounts: null,
      enabled: false,
      state: "disabled",
    });
    expect(body.data.secret).toBeUndefined();
  });

  it("whose secret is replaced has requests signed with both", async () => {
    const { hub, server, create, happen, firstRequest } = await setup();
    const { subscription, secret } = await create();
    const { body } = await hub.ask("PUT", `${root}/${subscription.id}`, { body: { rotate_secret: true } });
    expect(body.data.secret).toMatch(/^whsec_/);
    expect(body.data.secret).not.toBe(secret);
    await happen({});
    await firstRequest;
    expect(String(server.requests[0]?.headers["webhook-signature"]).split(" ")).toHaveLength(2);
  });

  it("that is deleted is gone, and sent nothing more", async () => {
    const { hub, world, server, create, happen } = await setup();
    const { subscription } = await create();
    expect((await hub.ask("DELETE", `${root}/${subscription.id}`)).status).toBe(200);
    await happen({});
    await world.clock.settle();
    expect(server.requests).toEqual([]);
    for (const [method, path] of [
      ["GET", ""],
      ["PUT", ""],
      ["DELETE", ""],
      ["POST", "/replay"],
      ["GET", "/dead-letters"],
      ["POST", "/dead-letters/e/retry"],
    ] as const) {
      expect((await hub.ask(method, `${root}/${subscription.id}${path}`)).status).toBe(404);
    }
  });
});

describe("a replay", () => {
  it("of one Event is sent again", async () => {
    const { hub, world, server, create, firstRequest } = await setup();
    const [id] = await world.happen({});
    const { subscription } = await create();
    const { status, body } = await hub.ask("POST", `${root}/${subscription.id}/replay`, { body: { event_id: id } });
    expect([status, body.data]).toEqual([202, { count: 1 }]);
    await firstRequest;
    expect(server.requests[0]?.headers["webhook-id"]).toBe(id);
  });

  it("of a span says how many", async () => {
    const { hub, world, create } = await setup();
    await world.happen({}, {}, { type: "yizhan.app.menu" });
    const { subscription } = await create({ types: ["yizhan.message.received"] });
    const since = new Date(world.clock.now() - 1_000).toISOString();
    const { body } = await hub.ask("POST", `${root}/${subscription.id}/replay`, { body: { since } });
    expect(body.data).toEqual({ count: 2 });
  });

  it.each([
    [{}, 400],
    [{ event_id: "e", since: "2026-01-01T00:00:00Z" }, 400],
    [{ event_id: "e", until: "2026-01-01T00:00:00Z" }, 400],
    [{ since: "yesterday" }, 400],
    [{ since: "2026-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z" }, 400],
    [{ event_id: "019b75a0-0000-7000-8000-000000000000" }, 404],
  ])("of %j is refused with %i", async (body, status) => {
    const { hub, create } = await setup();
    const { subscription } = await create();
    expect((await hub.ask("POST", `${root}/${subscription.id}/replay`, { body })).status).toBe(status);
  });

  it("of an Event that the subscription does not want is refused", async () => {
    const { hub, world, create } = await setup();
    const [event_id] = await world.happen({ type: "yizhan.app.menu" });
    const { subscription } = await create({ types: ["yizhan.message.received"] });
    const answered = await hub.ask("POST", `${root}/${subscription.id}/replay`, { body: { event_id } });
    expect(answered.status).toBe(422);
  });
});

describe("dead letters", () => {
  it("are listed newest first, a page at a time, and can be tried again", async () => {
    const { hub, world, create } = await setup();
    const { subscription } = await create({ enabled: false });
    const ids = await world.happen({}, {}, {});
    for (const [index] of ids.entries()) {
      const event = { seq: index + 1, outcome: "dead", attempts: 8, dueAt: 0, error: "HTTP 500" } as const;
      const at = world.clock.now();
      await world.store.recordStep({ subscription: subscription.id, at, holdUntil: 0, failures: 0, event });
    }
    const list = async (query: string) => {
      const { body } = await hub.ask("GET", `${root}/${subscription.id}/dead-letters${query}`);
      return body.data as { dead_letters: { event_id: string }[]; next_cursor: string | null };
    };
    const first = await list("?limit=2");
    expect(first.dead_letters).toMatchObject([
      { event_id: ids[2], attempts: 8, error: "HTTP 500", type: "yizhan.message.received" },
      { event_id: ids[1] },
    ]);
    const second = await list(`?limit=2&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ dead_letters: [{ event_id: ids[0] }], next_cursor: null });
    const retry = `${root}/${subscription.id}/dead-letters/${ids[0]}/retry`;
    expect((await hub.ask("POST", retry, { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
    expect((await hub.ask("POST", retry)).status).toBe(200);
    expect((await hub.ask("POST", retry)).status).toBe(404);
    expect((await list("")).dead_letters).toHaveLength(2);
    expect((await hub.ask("GET", `${root}/${subscription.id}/dead-letters?limit=0`)).status).toBe(400);
  });
});

describe("GET /api/v1/webhooks/handlers", () => {
  it("shows each handler with its counts", async () => {
    const { hub, dispatch } = await setup();
    dispatch.handlers.on("yizhan.app.menu", () => {});
    expect((await hub.ask("GET", "/api/v1/webhooks/handlers")).body.data.handlers).toEqual([
      {
        name: null,
        types: ["yizhan.app.menu"],
        calls: 0,
        failures: 0,
        skipped: 0,
        p50_ms: null,
        p99_ms: null,
        last_error: null,
        lag: 0,
      },
    ]);
  });

  it("shows who replies to people, with what they failed on, and no address's query", async () => {
    const { hub, dispatch } = await setup();
    dispatch.repliers.on("yizhan.app.menu", () => "hello");
    dispatch.repliers.configure([
      { url: "https://r.example/reply?key=topsecret", secret: "whsec_", types: [], tries: 1 },
    ]);
    const counts = { calls: 0, failures: 0, p50_ms: null, p99_ms: null, last_error: null };
    expect((await hub.ask("GET", "/api/v1/webhooks/handlers")).body.data.repliers).toEqual([
      { types: ["yizhan.app.menu"], url: null, ...counts },
      { types: ["*"], url: "https://r.example/reply", ...counts },
    ]);
  });
});

describe("GET /api/v1/status", () => {
  it("shows accounts with their health, the queue, the store and the uptime", async () => {
    const at = Date.parse("2026-01-04T01:30:00Z");
    const refusals = { signature: 3 };
    const accounts = [{ platform: "feishu", name: "a", callbackPath: "/callbacks/default/feishu/a", refusals }];
    const status = async () => ({
      accounts: [{ ...accounts[0], lastEventAt: at, connection: "connected" } as (typeof accounts)[number]],
      waiting: 2,
      events: { "yizhan.app.menu": 1, "yizhan.app.other": 4 },
      counts: { recipients: 1 },
    });
    const hub = await startHub({
      more: [statusEndpoint({ status, version: "1.2.3", startedAt: at - 61_500, now: () => at })],
    });
    expect((await hub.ask("GET", "/api/v1/status")).body).toEqual({
      code: 200,
      message: "获取状态成功",
      data: {
        accounts: [
          {
            platform: "feishu",
            name: "a",
            callback_path: "/callbacks/default/feishu/a",
            health: { last_event_at: "2026-01-04T01:30:00Z", refusals, connection: "connected" },
          },
        ],
        queue: { waiting: 2 },
        store: { events: { "yizhan.app.menu": 1, "yizhan.app.other": 4 } },
        counts: { recipients: 1, events: 5 },
        uptime_seconds: 61,
        version: "1.2.3",
      },
    });
  });
});

it("the documents describe all of them", async () => {
  const { more } = await setup();
  const { paths } = openApiOf(more, "1.0.0");
  expect(Object.keys(paths)).toEqual([
    root,
    `${root}/{id}`,
    `${root}/{id}/replay`,
    `${root}/{id}/dead-letters`,
    `${root}/{id}/dead-letters/{event}/retry`,
    "/api/v1/webhooks/handlers",
  ]);
});
