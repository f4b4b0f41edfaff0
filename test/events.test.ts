import { describe, expect, it } from "vitest";
import type { Event } from "../src/model/event.ts";
import type { Hub } from "./hub.ts";
import { secrets } from "./receiving/accounts.ts";
import { EventStream } from "./receiving/event-stream.ts";
import { callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";

/** Tells the hub one thing from each of three platforms, in this order. */
async function tellThree(hub: Hub): Promise<void> {
  await callerOf(hub, "app").happened({ event: "message", person: "zhangsan", text: "one" }).send();
  await callerOf(hub, "feishu")
    .happened({ event: "join", people: ["ou_lisi"], chat: "oc_1" })
    .send();
  await callerOf(hub, "dingtalk").happened({ event: "message", person: "wangwu", chat: "cid1", text: "three" }).send();
}

interface Page {
  readonly events: readonly Event[];
  readonly next_cursor: string | null;
}

describe("GET /api/v1/events", () => {
  it("lists what happened, newest first, with CloudEvents' attributes", async () => {
    const { hub } = await receivingWorld();
    await tellThree(hub);
    const { status, body } = await hub.ask<Page>("GET", "/api/v1/events");
    expect([status, body.code, body.message, body.data.next_cursor]).toEqual([200, 200, "获取事件成功", null]);
    expect(body.data.events.map(({ account }) => account)).toEqual(["dingtalk", "feishu", "app"]);
    const [event] = body.data.events;
    expect(event).toMatchObject({ specversion: "1.0", datacontenttype: "application/json", subject: "cid1" });
    const { body: one } = await hub.ask<{ event: Event }>("GET", `/api/v1/events/${event?.id}`);
    expect(one.data.event).toEqual(event);
  });

  it("is narrowed by type, account, channel and time of arrival, and by all of them", async () => {
    const { hub } = await receivingWorld();
    const began = new Date().toISOString();
    await tellThree(hub);
    const found = async (query: Record<string, string>) =>
      (await eventsOf(hub, new URLSearchParams(query).toString())).map(({ account }) => account);
    expect(await found({ type: "yizhan.message.received" })).toEqual(["app", "dingtalk"]);
    expect(await found({ type: "yizhan.member.joined,yizhan.message.received" })).toEqual([
      "app",
      "feishu",
      "dingtalk",
    ]);
    expect(await found({ account: "app" })).toEqual(["app"]);
    expect(await found({ account: "wecom/app" })).toEqual(["app"]);
    expect(await found({ account: "feishu/app" })).toEqual([]);
    expect(await found({ channel: "oc_1" })).toEqual(["feishu"]);
    expect(await found({ since: began })).toHaveLength(3);
    expect(await found({ until: began })).toEqual([]);
    // An offset is an instant like any other.
    expect(await found({ since: "2020-01-01T08:00:00+08:00", until: "2100-01-01T00:00:00Z" })).toHaveLength(3);
    expect(await found({ type: "yizhan.message.received", account: "dingtalk", channel: "cid1" })).toEqual([
      "dingtalk",
    ]);
    expect(await found({ type: "yizhan.message.received", channel: "oc_1" })).toEqual([]);
  });

  it("is paged without gap or repeat while more arrives", async () => {
    const { hub } = await receivingWorld();
    const caller = callerOf(hub, "lark");
    const say = (text: string) => caller.happened({ event: "message", person: "ou_lisi", text }).send();
    for (let count = 0; count < 7; count++) await say(String(count));
    const seen: string[] = [];
    let cursor = "";
    for (;;) {
      const { body } = await hub.ask<Page>("GET", `/api/v1/events?limit=2${cursor}`);
      seen.push(...body.data.events.map(({ data }) => ("text" in data ? data.text : "")));
      if (body.data.next_cursor === null) break;
      cursor = `&cursor=${body.data.next_cursor}`;
      await say("later");
    }
    expect(seen).toEqual(["6", "5", "4", "3", "2", "1", "0"]);
  });

  const wrong: [query: string, field: string][] = [
    ["type=yizhan.message.recieved", "type"],
    ["type=", "type"],
    ["since=yesterday", "since"],
    ["until=2026-13-01T00:00:00Z", "until"],
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["cursor=abc", "cursor"],
    ["account=", "account"],
    [`channel=${"x".repeat(513)}`, "channel"],
  ];
  it.each(wrong)("answers 400 for %s, naming the field", async (query, field) => {
    const { hub } = await receivingWorld();
    const { status, body } = await hub.ask<{ error: string; errors: { field: string }[] }>(
      "GET",
      `/api/v1/events?${query}`,
    );
    expect([status, body.message, body.data.errors.map((each) => each.field.replace(/\[\d+\]$/, ""))]).toEqual([
      400,
      "请求参数错误",
      [field],
    ]);
    expect(body.data.error).toContain(field);
  });

  it("answers 404 for one that there is not", async () => {
    const { hub } = await receivingWorld();
    const { status, body } = await hub.ask("GET", "/api/v1/events/01a1fc1a-2851-7e18-9d20-204676a43872");
    expect([status, body.message]).toEqual([404, "事件不存在"]);
  });
});

describe("GET /api/v1/events/stream", () => {
  it("tells of each Event as it arrives, and of nothing before", async () => {
    const { hub } = await receivingWorld();
    await tellThree(hub);
    const stream = await EventStream.open(hub.url);
    await callerOf(hub, "app").happened({ event: "message", person: "zhangsan", text: "now" }).send();
    const [told] = await stream.told(1);
    expect(told?.event).toBe("yizhan.message.received");
    expect(told?.data).toEqual((await eventsOf(hub)).at(-1));
  });

  it("goes on behind Last-Event-ID over a restart, and misses and repeats nothing", async () => {
    const { hub, start } = await receivingWorld();
    const first = await EventStream.open(hub.url);
    await tellThree(hub);
    const told = await first.told(3);
    await callerOf(hub, "app").happened({ event: "message", person: "zhangsan", text: "unheard" }).send();
    await hub.kill();
    const again = await start();
    await callerOf(again, "app").happened({ event: "message", person: "zhangsan", text: "after" }).send();
    const second = await EventStream.open(again.url, { lastEventId: told[1]?.id ?? "" });
    const rest = await second.told(3);
    const all = await eventsOf(again);
    expect([...told.slice(0, 2), ...rest].map(({ data }) => data)).toEqual(all);
    expect(all).toHaveLength(5);
  });

  it("is narrowed as the list is", async () => {
    const { hub } = await receivingWorld();
    const stream = await EventStream.open(hub.url, { query: "type=yizhan.member.joined&account=feishu" });
    const everything = await EventStream.open(hub.url, { query: "channel=cid1" });
    await tellThree(hub);
    expect((await stream.told(1)).map(({ data }) => data.account)).toEqual(["feishu"]);
    expect((await everything.told(1)).map(({ data }) => data.account)).toEqual(["dingtalk"]);
  });

  it("answers 400 for a filter or a place that is none", async () => {
    const { hub } = await receivingWorld();
    for (const [query, headers] of [
      ["type=nothing", {}],
      ["", { "last-event-id": "yesterday" }],
      ["", { "last-event-id": "-1" }],
    ] as const) {
      const { status, body } = await hub.ask("GET", `/api/v1/events/stream?${query}`, { headers });
      expect([query, status, body.message]).toEqual([query, 400, "请求参数错误"]);
    }
  });

  it("ends when the hub stops, and does not keep it from stopping", async () => {
    const { hub } = await receivingWorld();
    const stream = await EventStream.open(hub.url);
    expect(await hub.stop()).toEqual({ code: 0, signal: null });
    await stream.ended;
  });
});

describe("GET /api/v1/status", () => {
  it("tells of accounts, what waits, what is stored, and how long the hub has run", async () => {
    const { hub } = await receivingWorld();
    await tellThree(hub);
    const { status, body } = await hub.ask<{
      accounts: { platform: string; name: string; callback_path: string; health: { last_event_at: string | null } }[];
    }>("GET", "/api/v1/status");
    expect([status, body.message]).toEqual([200, "获取状态成功"]);
    expect(body.data).toMatchObject({
      queue: { waiting: 0 },
      store: { events: { "yizhan.message.received": 2, "yizhan.member.joined": 1 } },
      counts: { accounts: 9, events: 3 },
      uptime_seconds: expect.any(Number),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    const accountOf = (name: string) => body.data.accounts.find((account) => account.name === name);
    expect(accountOf("robot")).toMatchObject({
      platform: "wecom",
      callback_path: "/callbacks/default/wecom/robot",
      health: { last_event_at: null, refusals: {}, connection: null },
    });
    const lastEventAt = await until(
      async () => {
        const { body: now } = await hub.ask<typeof body.data>("GET", "/api/v1/status");
        return now.data.accounts.find(({ name }) => name === "app")?.health.last_event_at ?? undefined;
      },
      { what: "the app's last event" },
    );
    expect(Math.abs(Date.now() - Date.parse(lastEventAt))).toBeLessThan(60_000);
    for (const secret of Object.values(secrets)) expect(JSON.stringify(body)).not.toContain(secret);
  });
});

describe("GET /api/v1/webhooks/handlers", () => {
  it("is empty for a hub that no program embeds", async () => {
    const { hub } = await receivingWorld();
    const { status, body } = await hub.ask("GET", "/api/v1/webhooks/handlers");
    expect([status, body]).toEqual([
      200,
      { code: 200, message: "获取处理器成功", data: { handlers: [], repliers: [] } },
    ]);
  });
});

describe("a signed webhook of any system", () => {
  const call = (hub: Hub, json: unknown, key: string = secrets.webhookKey) =>
    hub.ask("POST", "/callbacks/default/webhook/monitor", { json, headers: { authorization: `Bearer ${key}` } });

  it("becomes an Event with what the mapping finds, once for each id", async () => {
    const { hub } = await receivingWorld();
    const alarm = { id: "a-1", alert: { name: "Disk", text: "91 %" }, host: "db-1" };
    for (const json of [alarm, alarm, { ...alarm, id: "a-2" }]) expect((await call(hub, json)).status).toBe(200);
    const events = await eventsOf(hub);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      type: "yizhan.webhook.received",
      source: "/tenants/default/accounts/webhook/monitor",
      data: { title: "Disk", body: "91 %", json: alarm },
    });
  });

  it("is refused with another key", async () => {
    const { hub } = await receivingWorld();
    expect(await call(hub, {}, "a guess")).toMatchObject({ status: 401, body: { data: { reason: "signature" } } });
    expect(await eventsOf(hub)).toEqual([]);
  });
});
