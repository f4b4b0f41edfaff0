import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedServer } from "../testing/scripted-server.ts";
import type { CallingPlatform } from "./callers/calling-sides.ts";
import { accounts } from "./callers/moment-for-tests.ts";
import { visit } from "./sandbox-fixture.ts";

/** A sandbox whose accounts call a hub that answers everything with an empty 200, or DingTalk's `{}`. */
async function setup() {
  const hub = await scriptedServer(({ url }) => ({ status: 200, body: url.startsWith("/dingtalk") ? "{}" : "" }));
  onTestFinished(() => hub[Symbol.asyncDispose]());
  const { sandbox } = await visit();
  for (const platform of Object.keys(accounts) as CallingPlatform[]) {
    const settings = { ...accounts[platform], url: `${hub.origin}/${platform}` };
    sandbox.callbacks.register({ platform, account: "main" }, settings);
  }
  return { hub, people: sandbox.people, sandbox };
}

describe("simulated people", () => {
  it.each(Object.keys(accounts) as CallingPlatform[])("write on %s, and the hub hears of it", async (platform) => {
    const { hub, people } = await setup();
    const report = await people.say({ platform, account: "main", person: "zhangsan", text: "你好" });
    expect(report).toMatchObject({ outcome: "accepted", messageId: expect.stringMatching(/./) });
    expect(JSON.stringify(report, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value))).toContain(
      "你好",
    );
    expect(hub.requests).toMatchObject([{ method: "POST", url: expect.stringMatching(`^/${platform}`) }]);
  });

  it("do on Feishu all that Feishu tells of", async () => {
    const { people } = await setup();
    const on = { platform: "feishu", account: "main", person: "zhangsan" } as const;
    const there = { platform: "feishu", account: "main", people: ["lisi"], chat: "oc_1" } as const;
    const reports = await Promise.all([
      people.read({ ...on, messages: ["om_1"] }),
      people.recall({ ...on, chat: "oc_1", message: "om_1" }),
      people.react({ ...on, message: "om_1", emoji: "OK" }),
      people.unreact({ ...on, message: "om_1", emoji: "OK" }),
      people.join(there),
      people.leave(there),
      people.enter(on),
      people.tap({ ...on, key: "report" }),
      people.click({ ...on, message: "om_1", key: "ok", value: { a: 1 } }),
    ]);
    expect(reports.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["im.message.message_read_v1", "accepted"],
      ["im.message.recalled_v1", "accepted"],
      ["im.message.reaction.created_v1", "accepted"],
      ["im.message.reaction.deleted_v1", "accepted"],
      ["im.chat.member.user.added_v1", "accepted"],
      ["im.chat.member.user.deleted_v1", "accepted"],
      ["im.chat.access_event.bot_p2p_chat_entered_v1", "accepted"],
      ["application.bot.menu_v6", "accepted"],
      // This hub's empty body is no answer for a card.
      ["card.action.trigger", "faulty"],
    ]);
  });

  it("follow, scan and say where they are on an official account", async () => {
    const { people } = await setup();
    const on = { platform: "wechat-official", account: "main", person: "oPerson" } as const;
    const reports = await Promise.all([
      people.subscribe({ ...on, scene: "7" }),
      people.unsubscribe(on),
      people.scan({ ...on, scene: "7" }),
      people.locate({ ...on, latitude: 23.1, longitude: 113.3 }),
    ]);
    expect(reports.map(({ name }) => name)).toEqual(["subscribe", "unsubscribe", "SCAN", "LOCATION"]);
  });

  it("are the same to Feishu from one message to the next", async () => {
    const { people } = await setup();
    const say = async () =>
      (await people.say({ platform: "feishu", account: "main", person: "zhangsan", text: "a" })).content;
    const [first, second] = [await say(), await say()] as {
      sender: object;
      message: { chat_id: string; message_id: string };
    }[];
    expect(second?.sender).toEqual(first?.sender);
    expect(second?.message.chat_id).toBe(first?.message.chat_id);
    expect(second?.message.message_id).not.toBe(first?.message.message_id);
  });

  it("are refused where the platform would tell nobody, or nobody listens", async () => {
    const { hub, people } = await setup();
    await expect(people.read({ platform: "wecom", account: "main", person: "a", messages: ["m"] })).rejects.toThrow(
      'event: wecom does not tell of "read"',
    );
    await expect(people.say({ platform: "wecom", account: "other", person: "a" })).rejects.toThrow(
      "wecom/other is not registered: PUT /sandbox/callbacks/wecom/other",
    );
    await expect(people.say({ platform: "wecom", account: "main", person: "" })).rejects.toThrow("person");
    expect(hub.requests).toEqual([]);
  });
});
