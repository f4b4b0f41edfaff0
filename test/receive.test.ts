import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { HappeningInput } from "../src/sandbox/callers/happening.ts";
import { type AccountKey, accounts, secrets } from "./receiving/accounts.ts";
import { callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const names = Object.keys(accounts) as AccountKey[];

interface Case {
  readonly account: AccountKey;
  readonly happening: HappeningInput;
  readonly type: string;
  /** Absent: not looked at. */
  readonly subject?: string;
  readonly data: object;
}

function message(account: AccountKey, fields: Omit<Extract<HappeningInput, { event: "message" }>, "event" | "person">) {
  return { account, happening: { event: "message", person: "zhangsan", ...fields } as const };
}

/** Where the document says what a list of Events is. */
const documentSchema = z.object({
  paths: z.object({
    "/api/v1/events": z.object({
      get: z.object({
        responses: z.object({
          200: z.object({ content: z.object({ "application/json": z.object({ schema: z.looseObject({}) }) }) }),
        }),
      }),
    }),
  }),
});

const received = "yizhan.message.received";
const status = "yizhan.message.status";
const interaction = "yizhan.message.interaction";

const cases: readonly Case[] = [
  ...(["app", "official", "compatible", "plain"] as const).flatMap((account): Case[] => [
    {
      ...message(account, { text: "你好" }),
      type: received,
      subject: "zhangsan",
      data: {
        kind: "text",
        text: "你好",
        sender: { id: "zhangsan" },
        chat: { id: "zhangsan", kind: "direct" },
        attachments: [],
      },
    },
    {
      ...message(account, { kind: "image", media: "media-1", url: "https://example.com/a.jpg" }),
      type: received,
      data: { kind: "image", attachments: [{ kind: "image", ref: "media-1" }] },
    },
    {
      ...message(account, { kind: "voice", media: "media-2" }),
      type: received,
      data: { kind: "voice", attachments: [{ kind: "voice", ref: "media-2" }] },
    },
    {
      ...message(account, { kind: "video", media: "media-3" }),
      type: received,
      data: { kind: "video", attachments: [{ kind: "video", ref: "media-3" }] },
    },
    {
      ...message(account, { kind: "location", latitude: 23.5, longitude: 113.25, text: "广州" }),
      type: received,
      data: { kind: "location", location: { latitude: 23.5, longitude: 113.25, label: "广州" } },
    },
    {
      ...message(account, { kind: "link", url: "https://example.com/x", title: "T", text: "D" }),
      type: received,
      data: { kind: "link", link: { url: "https://example.com/x", title: "T", text: "D" } },
    },
    {
      account,
      happening: { event: "subscribe", person: "lisi" },
      type: "yizhan.app.subscribed",
      subject: "lisi",
      data: { person: { id: "lisi" } },
    },
    {
      account,
      happening: { event: "unsubscribe", person: "lisi" },
      type: "yizhan.app.unsubscribed",
      data: { person: { id: "lisi" } },
    },
    {
      account,
      happening: { event: "menu", person: "lisi", key: "V1001" },
      type: "yizhan.app.menu",
      data: { person: { id: "lisi" }, key: "V1001" },
    },
    {
      account,
      happening: { event: "menu", person: "lisi", key: "page", opens: "https://example.com/menu" },
      type: "yizhan.app.menu",
      data: { key: "https://example.com/menu" },
    },
    {
      account,
      happening: { event: "location", person: "lisi", latitude: 23.5, longitude: 113.25 },
      type: "yizhan.app.location",
      data: { person: { id: "lisi" } },
    },
  ]),
  ...(["official", "compatible", "plain"] as const).flatMap((account): Case[] => [
    {
      account,
      happening: { event: "scan", person: "lisi", scene: "42" },
      type: "yizhan.app.scanned",
      data: { person: { id: "lisi" }, key: "42" },
    },
    {
      account,
      happening: { event: "status", person: "oLisi", message: "200163836" },
      type: status,
      data: { messageId: "200163836", state: "delivered", person: { id: "oLisi" } },
    },
    {
      account,
      happening: { event: "status", person: "oLisi", message: "200163840", status: "failed:user block" },
      type: status,
      data: { messageId: "200163840", state: "failed", reason: "user block" },
    },
    {
      account,
      happening: { event: "status", message: "1000001625", batch: true },
      type: status,
      data: { messageId: "1000001625", state: "delivered", counts: { sent: expect.any(Number) } },
    },
  ]),
  {
    ...message("app", { kind: "file", media: "media-4", fileName: "a.pdf" }),
    type: received,
    data: { kind: "file", attachments: [{ kind: "file", ref: "media-4" }] },
  },
  {
    account: "app",
    happening: { event: "enter", person: "lisi" },
    type: "yizhan.app.entered",
    data: { person: { id: "lisi" } },
  },
  {
    account: "app",
    happening: { event: "click", person: "lisi", message: "task-1", key: "approve" },
    type: interaction,
    subject: "lisi",
    data: { kind: "click", messageId: "task-1", key: "approve", person: { id: "lisi" } },
  },
  {
    account: "app",
    happening: { event: "native", name: "change_contact" },
    type: "yizhan.app.contacts",
    data: { event: "change_contact" },
  },
  {
    account: "app",
    happening: { event: "native", name: "batch_job_result" },
    type: "yizhan.app.job",
    data: { event: "batch_job_result" },
  },
  {
    ...message("robot", { chat: "group-1", text: "你好" }),
    type: received,
    subject: "group-1",
    data: {
      kind: "text",
      chat: { id: "group-1", kind: "group" },
      sender: { id: "zhangsan" },
      mentions: [{ id: "aib-test", kind: "bot" }],
      text: expect.stringContaining("你好"),
    },
  },
  {
    ...message("robot", { text: "hi" }),
    type: received,
    subject: "zhangsan",
    data: { chat: { id: "zhangsan", kind: "direct" }, text: "hi", mentions: [] },
  },
  {
    ...message("robot", { kind: "file", url: "https://example.com/f" }),
    type: received,
    data: { kind: "file", attachments: [{ kind: "file", url: "https://example.com/f" }] },
  },
  {
    account: "robot",
    happening: { event: "click", person: "lisi", chat: "group-1", message: "task-2", key: "yes" },
    type: interaction,
    subject: "group-1",
    data: { kind: "click", messageId: "task-2", key: "yes" },
  },
  {
    account: "robot",
    happening: { event: "enter", person: "lisi" },
    type: "yizhan.app.entered",
    data: { person: { id: "lisi" } },
  },
  {
    account: "robot",
    happening: { event: "native", name: "feedback_event" },
    type: interaction,
    data: { kind: "reaction", messageId: "feedback-1", key: "good" },
  },
  ...(["feishu", "lark"] as const).flatMap((account): Case[] => [
    {
      ...message(account, { chat: "oc_1", text: "你好" }),
      type: received,
      subject: "oc_1",
      data: { kind: "text", chat: { id: "oc_1", kind: "group" }, text: expect.stringContaining("你好") },
    },
    {
      ...message(account, { kind: "image", media: "img_1" }),
      type: received,
      data: { kind: "image", attachments: [{ kind: "image", ref: "img_1" }] },
    },
    {
      account,
      happening: { event: "read", person: "ou_lisi", messages: ["om_1"] },
      type: status,
      subject: "ou_lisi",
      data: { messageId: "om_1", state: "read", person: { id: "ou_lisi", kind: "user" } },
    },
    {
      account,
      happening: { event: "recall", person: "ou_lisi", chat: "oc_1", message: "om_1" },
      type: status,
      subject: "oc_1",
      data: { messageId: "om_1", state: "recalled" },
    },
    {
      account,
      happening: { event: "react", person: "ou_lisi", message: "om_1", emoji: "THUMBSUP" },
      type: interaction,
      data: { kind: "reaction", messageId: "om_1", key: "THUMBSUP", person: { id: "ou_lisi", kind: "user" } },
    },
    {
      account,
      happening: { event: "unreact", person: "ou_lisi", message: "om_1", emoji: "THUMBSUP" },
      type: interaction,
      data: { kind: "reaction-removed", messageId: "om_1", key: "THUMBSUP" },
    },
    {
      account,
      happening: { event: "join", people: ["ou_lisi", "ou_wangwu"], chat: "oc_1", operator: "ou_zhangsan" },
      type: "yizhan.member.joined",
      subject: "oc_1",
      data: {
        chat: { id: "oc_1", kind: "group" },
        people: [{ id: "ou_lisi" }, { id: "ou_wangwu" }],
        operator: { id: "ou_zhangsan" },
      },
    },
    {
      account,
      happening: { event: "leave", people: ["ou_lisi"], chat: "oc_1" },
      type: "yizhan.member.left",
      subject: "oc_1",
      data: { people: [{ id: "ou_lisi" }] },
    },
    {
      account,
      happening: { event: "native", name: "im.chat.member.bot.added_v1" },
      type: "yizhan.member.joined",
      data: { people: [{ kind: "bot" }] },
    },
    {
      account,
      happening: { event: "native", name: "im.chat.member.bot.deleted_v1" },
      type: "yizhan.member.left",
      data: { people: [{ kind: "bot" }] },
    },
    {
      account,
      happening: { event: "click", person: "ou_lisi", chat: "oc_1", message: "om_1", key: "approve", value: { id: 7 } },
      type: interaction,
      subject: "oc_1",
      data: { kind: "click", messageId: "om_1", key: "approve", value: { id: 7 }, person: { id: "ou_lisi" } },
    },
  ]),
  {
    ...message("dingtalk", { chat: "cid1", text: "你好" }),
    type: received,
    subject: "cid1",
    data: { kind: "text", text: "你好", chat: { id: "cid1", kind: "group" }, sender: { id: "zhangsan" } },
  },
  {
    ...message("dingtalk", { kind: "post", text: "rich", media: "code-1" }),
    type: received,
    data: { kind: "richText", text: "rich", attachments: [{ kind: "image", ref: "code-1" }] },
  },
  ...(
    [
      ["image", "picture", "image"],
      ["voice", "audio", "voice"],
      ["video", "video", "video"],
      ["file", "file", "file"],
    ] as const
  ).map(
    ([kind, told, attachment]): Case => ({
      ...message("dingtalk", { kind, media: "code-2" }),
      type: received,
      data: { kind: told, attachments: [{ kind: attachment, ref: "code-2" }] },
    }),
  ),
  {
    account: "dingtalk",
    happening: { event: "click", person: "lisi", message: "track-1", key: "agree" },
    type: interaction,
    data: { kind: "click", messageId: "track-1", key: "agree", person: { id: "lisi" } },
  },
  {
    account: "dingtalk",
    happening: { event: "join", people: ["lisi"], chat: "cid1", operator: "zhangsan" },
    type: "yizhan.member.joined",
    subject: "cid1",
    data: { people: [{ id: "lisi" }], operator: { id: "zhangsan" }, chat: { id: "cid1", kind: "group" } },
  },
  {
    account: "dingtalk",
    happening: { event: "leave", people: ["lisi"], chat: "cid1" },
    type: "yizhan.member.left",
    data: { people: [{ id: "lisi" }] },
  },
  {
    account: "dingtalk",
    happening: { event: "read", person: "lisi", messages: ["key-1"] },
    type: status,
    data: { messageId: "key-1", state: "read", person: { id: "lisi" } },
  },
  {
    account: "dingtalk",
    happening: { event: "recall", person: "lisi", chat: "cid1", message: "key-1" },
    type: status,
    data: { messageId: "key-1", state: "recalled" },
  },
];

describe("an address check", () => {
  it("is answered for every account and stored for none", async () => {
    const { hub } = await receivingWorld();
    for (const name of names) {
      const { verdict, said } = await callerOf(hub, name).happened({ event: "verify" }).send();
      expect([name, verdict, said]).toEqual([name, "accepted", undefined]);
    }
    expect(await eventsOf(hub)).toEqual([]);
  });
});

describe("whatever a platform tells", () => {
  it("becomes one Event of the documented type, by whichever account it came", { timeout: 60_000 }, async () => {
    const { hub } = await receivingWorld();
    let stored = 0;
    for (const { account, happening, type, subject, data } of cases) {
      const what = `${account}: ${JSON.stringify(happening)}`;
      const happened = callerOf(hub, account).happened(happening);
      const { verdict, said } = await happened.send();
      expect([verdict, said], what).toEqual(["accepted", undefined]);
      const events = await eventsOf(hub);
      const [event] = events.slice(stored);
      expect(events.length - stored, what).toBe(1);
      stored = events.length;
      const { platform } = accounts[account];
      expect(event, what).toMatchObject({
        specversion: "1.0",
        id: expect.stringMatching(uuid7),
        source: `/tenants/default/accounts/${platform}/${account}`,
        type,
        time: expect.stringMatching(rfc3339),
        datacontenttype: "application/json",
        tenant: "default",
        platform,
        account,
        data,
        ...(subject === undefined ? {} : { subject }),
      });
      if (type === received) expect(event?.data, what).toMatchObject({ messageId: happened.messageId });
      expect(Math.abs(Date.parse(event?.time ?? "") - Date.now()), what).toBeLessThan(60_000);
    }
  });

  it("is as the OpenAPI document has its type", async () => {
    const { hub } = await receivingWorld();
    for (const { account, happening } of cases) await callerOf(hub, account).happened(happening).send();
    const { body } = await hub.ask("GET", "/docs/openapi.json");
    const { paths } = documentSchema.parse(body);
    const documented = z.fromJSONSchema(paths["/api/v1/events"].get.responses[200].content["application/json"].schema);
    const { body: page } = await hub.ask<{ events: { data: object }[] }>("GET", "/api/v1/events?limit=1000");
    expect(page.data.events).toHaveLength(cases.length);
    for (const event of page.data.events) {
      const { error } = documented.safeParse({ ...page, data: { events: [event], next_cursor: null } });
      expect(error, JSON.stringify(event)).toBeUndefined();
      const { error: wrong } = documented.safeParse({
        ...page,
        data: { events: [{ ...event, data: {} }], next_cursor: null },
      });
      expect(wrong, JSON.stringify(event)).toBeDefined();
    }
  });

  it("says nothing of what proves it or answers it", async () => {
    const { hub } = await receivingWorld();
    for (const { account, happening } of cases) await callerOf(hub, account).happened(happening).send();
    const text = JSON.stringify(await eventsOf(hub));
    for (const [name, secret] of Object.entries(secrets)) expect(text.includes(secret), name).toBe(false);
    expect(text).not.toMatch(/response_url|sessionWebhook|response_code/);
  });
});

/** One thing to tell from each account. */
const tellings: readonly [AccountKey, HappeningInput][] = names.map((name) => [
  name,
  { event: "message", person: "zhangsan", text: `from ${name}` },
]);

describe("a repeat", () => {
  it("is answered alike and stored once, signed anew or not, also after a restart", async () => {
    const { hub, start } = await receivingWorld();
    const told = tellings.map(([name, happening]) => ({ name, happened: callerOf(hub, name).happened(happening) }));
    for (const { name, happened } of told) {
      const request = happened.request();
      const first = await happened.send(request);
      const second = await happened.send(request);
      const third = await happened.send();
      expect([name, first.verdict], first.body).toEqual([name, "accepted"]);
      expect([name, second.status, second.contentType, second.body]).toEqual([
        name,
        first.status,
        first.contentType,
        first.body,
      ]);
      expect([name, third.status, third.verdict, third.body]).toEqual([name, 200, "accepted", first.body]);
    }
    const before = await eventsOf(hub);
    expect(before).toHaveLength(names.length);
    await hub.kill();
    const again = await start();
    for (const { name, happened } of told) {
      const request = happened.request();
      const moved = new URL(request.url);
      const { verdict } = await happened.send({ ...request, url: again.url + moved.pathname + moved.search });
      expect([name, verdict]).toEqual([name, "accepted"]);
    }
    expect(await eventsOf(again)).toEqual(before);
    expect((await again.ask("GET", "/metrics")).text).toMatch(
      /^yizhan_callbacks_total\{platform="feishu",outcome="repeated"\} 2$/m,
    );
  });

  it("that comes at the same time is stored once", async () => {
    const { hub } = await receivingWorld();
    for (const [name, happening] of tellings) {
      const happened = callerOf(hub, name).happened(happening);
      const calls = await Promise.all(Array.from({ length: 20 }, () => happened.send()));
      expect(new Set(calls.map(({ verdict, body }) => `${verdict} ${body}`)), name).toEqual(
        new Set([`accepted ${calls[0]?.body}`]),
      );
    }
    const events = await eventsOf(hub);
    expect(events.map(({ account }) => account)).toEqual(names);
  });

  it("is told apart from the same words said again", async () => {
    const { hub } = await receivingWorld();
    for (const [name, happening] of tellings) {
      const caller = callerOf(hub, name);
      await caller.happened(happening).send();
      await caller.happened(happening).send();
    }
    expect(await eventsOf(hub)).toHaveLength(2 * names.length);
  });
});
