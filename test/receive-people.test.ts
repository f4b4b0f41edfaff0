import { describe, expect, it } from "vitest";
import { ask } from "./ask.ts";
import { type AccountKey, accounts } from "./receiving/accounts.ts";
import { callbackUrl, eventsOf, receivingWorld, registerAll } from "./receiving/receiving-world.ts";

const at = (account: AccountKey) => ({ platform: accounts[account].calling, account });

describe("people in the sandbox", () => {
  it("write, click, read, join and leave, and the hub hears of each once", async () => {
    const { hub, sandbox } = await receivingWorld();
    registerAll({ hub, sandbox });
    const { people } = sandbox;
    const reports = [
      await people.say({ ...at("app"), person: "zhangsan", text: "hello" }),
      await people.tap({ ...at("official"), person: "oLisi", key: "V1001" }),
      await people.click({ ...at("robot"), person: "zhangsan", chat: "group-1", message: "task-1", key: "yes" }),
      await people.read({ ...at("feishu"), person: "ou_lisi", messages: ["om_1"] }),
      await people.join({ ...at("dingtalk"), people: ["lisi"], chat: "cid1" }),
      await people.leave({ ...at("lark"), people: ["ou_lisi"], chat: "oc_1" }),
    ];
    expect(reports.map(({ outcome, attempts }) => [outcome, attempts.length])).toEqual(
      reports.map(() => ["accepted", 1]),
    );
    expect((await eventsOf(hub)).map(({ account, type }) => `${account} ${type}`)).toEqual([
      "app yizhan.message.received",
      "official yizhan.app.menu",
      "robot yizhan.message.interaction",
      "feishu yizhan.message.status",
      "dingtalk yizhan.member.joined",
      "lark yizhan.member.left",
    ]);
  });

  it("are tried again as the platform does, and given up, while the hub refuses", async () => {
    const { hub, sandbox } = await receivingWorld();
    const url = callbackUrl(hub, "app");
    sandbox.callbacks.register(at("app"), { ...accounts.app.caller, token: "anotherToken", url });
    const report = await sandbox.people.say({ ...at("app"), person: "zhangsan", text: "hello" });
    expect(report.outcome).toBe("given-up");
    expect(report.attempts.map(({ status, verdict }) => [status, verdict])).toEqual([
      [401, "refused"],
      [401, "refused"],
      [401, "refused"],
    ]);
    expect(await eventsOf(hub)).toEqual([]);
  });

  it("can be moved over HTTP, from any language", async () => {
    const { hub, sandbox } = await receivingWorld();
    const control = "/sandbox/callbacks/feishu/office";
    const settings = { ...accounts.feishu.caller, url: callbackUrl(hub, "feishu") };
    expect((await ask(sandbox.url, "PUT", control, { json: settings })).status).toBe(200);
    const verify = await ask(sandbox.url, "POST", control, { json: { event: "verify" } });
    expect(JSON.parse(verify.text)).toMatchObject({ call: { outcome: "accepted" } });
    const json = { event: "message", person: "ou_lisi", chat: "oc_1", text: "over HTTP" };
    const said = await ask(sandbox.url, "POST", control, { json });
    expect(JSON.parse(said.text)).toMatchObject({ call: { outcome: "accepted", attempts: [{ status: 200 }] } });
    expect(await eventsOf(hub)).toMatchObject([
      { type: "yizhan.message.received", subject: "oc_1", data: { text: expect.stringContaining("over HTTP") } },
    ]);
  });
});
