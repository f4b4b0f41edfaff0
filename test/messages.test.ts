import { describe, expect, it } from "vitest";
import type { Hub } from "./hub.ts";
import { callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";

const second = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const never = "not reported by this platform";

interface Shown {
  readonly message_id: string;
  readonly task_id: string | null;
  readonly channels: readonly Readonly<Record<string, unknown>>[];
}

async function shown(hub: Hub, id: string, what: "status" | "history" | "interactions"): Promise<Shown> {
  const { status, body } = await hub.ask<Shown>("GET", `/api/v1/messages/${encodeURIComponent(id)}/${what}`);
  if (status !== 200) throw new Error(`${what} of ${id} was answered with ${status}: ${JSON.stringify(body)}`);
  return body.data;
}

describe("a message that was pushed to robots", () => {
  it("is sent where the platform took it, and what robots never tell is said, not guessed", async () => {
    const recipients = { ops: { feishu: ["a"], wecom: ["c"], dingtalk: ["d"] } };
    const { hub } = await receivingWorld({ recipients });
    const id = await hub.accepted({ strategy: "all" });
    await hub.settled(id);
    const { message_id, task_id, channels } = await shown(hub, id, "status");
    expect([message_id, task_id]).toEqual([id, id]);
    const common = {
      status: "sent",
      accepted: { time: expect.stringMatching(second) },
      sent: { time: expect.stringMatching(second) },
      delivered: never,
      read: never,
      failed: null,
      recalled: never,
      people: [],
      message_id: null,
    };
    expect(channels).toEqual([
      { platform: "feishu", channel: "a", ...common },
      // The name that the API has for it.
      { platform: "wechat", channel: "c", ...common },
      { platform: "dingtalk", channel: "d", ...common },
    ]);
  });

  it("has a history of each step by channel, and why one failed", async () => {
    const { hub, sandbox } = await receivingWorld({ recipients: { ops: { feishu: ["a", "b"] } } });
    sandbox.faults.add({ mode: "fail", code: "19024", token: "a" });
    const id = await hub.accepted();
    await hub.settled(id);
    const { channels } = await shown(hub, id, "history");
    expect(channels).toMatchObject([
      {
        channel: "a",
        history: [{ state: "accepted" }, { state: "failed", reason: expect.stringContaining("19024") }],
      },
      { channel: "b", history: [{ state: "accepted" }, { state: "sent", time: expect.stringMatching(second) }] },
    ]);
    expect((await shown(hub, id, "status")).channels).toMatchObject([{ status: "failed" }, { status: "sent" }]);
    expect((await shown(hub, id, "interactions")).channels).toMatchObject([{ interactions: [] }, { interactions: [] }]);
  });
});

describe("a message of a Feishu app", () => {
  it("was read, by whom and when, and recalled, as the platform told", async () => {
    const { hub } = await receivingWorld();
    const app = callerOf(hub, "feishu");
    await app.happened({ event: "read", person: "ou_lisi", messages: ["om_1"] }).send();
    await app.happened({ event: "read", person: "ou_wangwu", messages: ["om_1", "om_2"] }).send();
    const read = await shown(hub, "om_1", "status");
    expect(read).toMatchObject({
      message_id: "om_1",
      task_id: null,
      channels: [
        {
          platform: "feishu",
          channel: "feishu",
          message_id: "om_1",
          status: "read",
          read: { time: expect.stringMatching(second) },
          recalled: null,
          delivered: never,
          people: [
            { id: "ou_lisi", state: "read", time: expect.stringMatching(second) },
            { id: "ou_wangwu", state: "read", time: expect.stringMatching(second) },
          ],
        },
      ],
    });
    await app.happened({ event: "recall", person: "ou_lisi", chat: "oc_1", message: "om_1" }).send();
    expect((await shown(hub, "om_1", "status")).channels).toMatchObject([
      { status: "recalled", recalled: { time: expect.stringMatching(second), reason: "message_owner" } },
    ]);
    expect((await shown(hub, "om_2", "status")).channels).toMatchObject([
      { status: "read", people: [{ id: "ou_wangwu" }] },
    ]);
    const ids = (await eventsOf(hub, "type=yizhan.message.status")).map(({ id }) => id);
    const { channels } = await shown(hub, "om_1", "history");
    expect(channels).toMatchObject([
      {
        history: [
          { state: "read", person: { id: "ou_lisi" }, event_id: ids[0] },
          { state: "read", person: { id: "ou_wangwu" } },
          { state: "recalled", event_id: ids.at(-1) },
        ],
      },
    ]);
  });

  it("has what people did with it: clicks, reactions, replies", async () => {
    const { hub } = await receivingWorld();
    const app = callerOf(hub, "feishu");
    const chat = "oc_1";
    await app
      .happened({ event: "click", person: "ou_lisi", chat, message: "om_1", key: "approve", value: { id: 7 } })
      .send();
    await app.happened({ event: "react", person: "ou_lisi", message: "om_1", emoji: "THUMBSUP" }).send();
    await app.happened({ event: "unreact", person: "ou_lisi", message: "om_1", emoji: "THUMBSUP" }).send();
    await app.happened({ event: "message", person: "ou_wangwu", chat, replyTo: "om_1", text: "done" }).send();
    const { channels } = await shown(hub, "om_1", "interactions");
    expect(channels).toMatchObject([
      {
        interactions: [
          { kind: "click", person: { id: "ou_lisi" }, key: "approve", value: { id: 7 } },
          { kind: "reaction", key: "THUMBSUP" },
          { kind: "reaction-removed", key: "THUMBSUP" },
          { kind: "reply", person: { id: "ou_wangwu" }, value: expect.stringContaining("done") },
        ],
      },
    ]);
  });
});

describe("a template message of an official account", () => {
  it("was delivered, or failed with the platform's reason; whether it was read nobody tells", async () => {
    const { hub } = await receivingWorld();
    const account = callerOf(hub, "official");
    await account.happened({ event: "status", person: "oLisi", message: "200163836" }).send();
    await account
      .happened({ event: "status", person: "oWang", message: "200163840", status: "failed:user block" })
      .send();
    expect((await shown(hub, "200163836", "status")).channels).toMatchObject([
      {
        platform: "wechat-official",
        channel: "official",
        status: "delivered",
        delivered: { time: expect.stringMatching(second) },
        read: never,
        people: [{ id: "oLisi", state: "delivered" }],
      },
    ]);
    expect((await shown(hub, "200163840", "status")).channels).toMatchObject([
      { status: "failed", failed: { reason: "user block" }, delivered: null },
    ]);
  });
});

describe("a message of a DingTalk app", () => {
  it("was read and recalled, as the platform told", async () => {
    const { hub } = await receivingWorld();
    const app = callerOf(hub, "dingtalk");
    await app.happened({ event: "read", person: "lisi", messages: ["key/+=1"] }).send();
    await app.happened({ event: "recall", person: "lisi", chat: "cid1", message: "key/+=1" }).send();
    expect((await shown(hub, "key/+=1", "status")).channels).toMatchObject([
      {
        platform: "dingtalk",
        status: "recalled",
        read: { time: expect.any(String) },
        people: [{ state: "read" }, { state: "recalled" }],
      },
    ]);
  });
});

describe("a message that two accounts know by one id", () => {
  it("is told by account", async () => {
    const { hub } = await receivingWorld();
    for (const name of ["feishu", "lark"] as const) {
      await callerOf(hub, name)
        .happened({ event: "read", person: "ou_lisi", messages: ["om_1"] })
        .send();
    }
    const { channels } = await shown(hub, "om_1", "status");
    expect(channels.map(({ channel }) => channel)).toEqual(["feishu", "lark"]);
  });
});

describe("a message that nobody knows", () => {
  it.each(["status", "history", "interactions"])("is answered with 404 by %s", async (what) => {
    const { hub } = await receivingWorld();
    const { status, body } = await hub.ask("GET", `/api/v1/messages/om_none/${what}`);
    expect([status, body]).toEqual([404, { code: 404, message: "消息不存在", data: { message_id: "om_none" } }]);
  });
});
