import { describe, expect, it } from "vitest";
import type { Event } from "../src/model/event.ts";
import type { CallReport } from "../src/sandbox/caller.ts";
import { type Hub, world } from "./hub.ts";
import { metricsOf } from "./metrics.ts";
import { type AccountKey, accounts, allAccounts } from "./receiving/accounts.ts";
import { post } from "./receiving/platform-caller.ts";
import { callerOf, eventsOf, registerAll } from "./receiving/receiving-world.ts";
import { type ProgramAnswer, type ReplyProgram, replyProgram } from "./receiving/reply-program.ts";
import { until } from "./until.ts";

/** Another program replies; what arrives at people is what the sandbox decrypts with code of its own. */

const at = (account: AccountKey) => ({ platform: accounts[account].calling, account });
const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

describe("a person who writes", () => {
  it.each([
    ["app", "<Content><![CDATA[你说：hello]]></Content>"],
    ["official", "<Content><![CDATA[你说：hello]]></Content>"],
    ["compatible", "<Content><![CDATA[你说：hello]]></Content>"],
    ["plain", "<Content><![CDATA[你说：hello]]></Content>"],
    ["robot", { msgtype: "stream", stream: { finish: true, content: "你说：hello" } }],
    ["dingtalk", { msgtype: "text", text: { content: "你说：hello" } }],
  ] as const)("to %s reads the reply, once it is stored what was written", async (account, reply) => {
    const { sandbox, hub, program } = await replied((event) => ({ text: `你说：${textOf(event)}` }));
    const chat = account === "dingtalk" ? { chat: "cid1" } : {};
    const report = await sandbox.people.say({ ...at(account), person: "zhangsan", text: "hello", ...chat });
    expect(report.attempts).toHaveLength(1);
    if (typeof reply === "string") expect(replyOf(report)).toContain(reply);
    else expect(replyOf(report)).toMatchObject(reply);
    const stored = await eventsOf(hub);
    expect(stored).toMatchObject([{ type: "yizhan.message.received", account }]);
    expect(program.requests.map(({ body }) => JSON.parse(body))).toEqual(stored);
  });

  it("is answered as usual, within the platform's time, while nobody replies in time", async () => {
    const { sandbox, hub } = await replied(() => "stall");
    const report = await sandbox.people.say({ ...at("app"), person: "zhangsan", text: "hello" });
    expect(report).toMatchObject({ outcome: "accepted", attempts: [{ status: 200, body: "" }] });
    expect(await outcomes(hub)).toEqual({ late: 1 });
  });

  it("is answered as usual, at once, while the program that replies is down or says what cannot be shown", async () => {
    const answers: ProgramAnswer[] = [500, "hang-up", { toast: { text: "hi" } }, { txt: "" }];
    const { sandbox, hub } = await replied(() => answers.shift() ?? "hang-up");
    for (let nth = 0; nth < 4; nth++) {
      const report = await sandbox.people.say({ ...at("official"), person: "oLisi", text: "hello" });
      expect(report).toMatchObject({ outcome: "accepted", attempts: [{ status: 200, body: "success" }] });
    }
    expect(await outcomes(hub)).toEqual({ failed: 2, refused: 2 });
    expect(await eventsOf(hub)).toHaveLength(4);
    const { stdout } = hub.process;
    expect(stdout).toContain("expected text, or image, or voice");
    expect(stdout).not.toContain(secret);
  });

  it("is replied to at the platform's second try, where whoever replies may take two", async () => {
    const asked = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    const { sandbox } = await replied(
      async () => {
        asked.resolve();
        await ready.promise;
        return { text: "thought over" };
      },
      { tries: 2 },
    );
    const said = sandbox.people.say({ ...at("app"), person: "zhangsan", text: "hello" });
    await asked.promise;
    const [first] = await until(
      () => {
        const [report] = sandbox.callbacks.reports(at("app"));
        return report && report.attempts.length > 0 && report.attempts;
      },
      { what: "the platform giving its first try up" },
    );
    expect(first?.verdict).toBe("late");
    ready.resolve();
    const report = await said;
    expect(report.attempts).toHaveLength(2);
    expect(replyOf(report)).toContain("thought over");
  });
});

describe("a person who clicks", () => {
  it("in Feishu sees a toast and the new card", async () => {
    const card = { schema: "2.0", body: { elements: [] } };
    const { sandbox } = await replied(() => ({ toast: { kind: "success", text: "已批准" }, card }));
    for (const account of ["feishu", "lark"] as const) {
      const report = await sandbox.people.click({ ...at(account), person: "ou_1", message: "om_1", key: "yes" });
      expect(replyOf(report)).toEqual({
        toast: { type: "success", content: "已批准" },
        card: { type: "raw", data: card },
      });
    }
  });

  it("on a WeCom app's card sees the button change", async () => {
    const { sandbox } = await replied(() => ({ button: "已批准" }));
    const report = await sandbox.people.click({ ...at("app"), person: "zhangsan", message: "task-1", key: "yes" });
    expect(replyOf(report)).toContain("<MsgType><![CDATA[update_button]]></MsgType>");
    expect(replyOf(report)).toContain("<Button><ReplaceName><![CDATA[已批准]]></ReplaceName></Button>");
  });

  it("on a robot's card, or one of DingTalk, sees another", async () => {
    const card = { card_type: "text_notice", main_title: { title: "完成" } };
    const values = { cardData: { cardParamMap: { state: "done" } } };
    const { sandbox } = await replied(({ platform }) => ({ card: platform === "wecom" ? card : values }));
    const robot = await sandbox.people.click({ ...at("robot"), person: "zhangsan", message: "task-1", key: "yes" });
    expect(replyOf(robot)).toEqual({ response_type: "update_template_card", template_card: card });
    const other = await sandbox.people.click({ ...at("dingtalk"), person: "lisi", message: "track-1", key: "yes" });
    expect(replyOf(other)).toEqual(values);
  });
});

describe("a repeat of the callback", () => {
  it("is answered alike and asks nobody; after a restart the program is asked again, with the same Event", async () => {
    let asked = 0;
    const { hub, start, program } = await replied(() => ({ text: `answer ${++asked}` }));
    const happened = callerOf(hub, "app").happened({ event: "message", person: "zhangsan", text: "hello" });
    expect((await happened.send()).said).toContain("answer 1");
    expect((await happened.send()).said).toContain("answer 1");
    await hub.kill();
    const next = await start();
    const request = happened.request();
    const answer = await post({ ...request, url: request.url.replace(hub.url, next.url) });
    const judged = happened.call.judge(answer, request);
    expect(judged.verdict === "accepted" && judged.reply).toContain("answer 2");
    expect(await eventsOf(next)).toHaveLength(1);
    const [first, second] = program.requests;
    expect(program.requests).toHaveLength(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  });
});

describe("the hub stopping while somebody thinks about a reply", () => {
  it("answers the platform as usual, and is gone at once", async () => {
    const asked = Promise.withResolvers<void>();
    const { hub, sandbox } = await replied(() => {
      asked.resolve();
      return "stall";
    });
    const said = sandbox.people.say({ ...at("app"), person: "zhangsan", text: "hello", attempts: 1 });
    await asked.promise;
    expect(await hub.stop()).toEqual({ code: 0, signal: null });
    expect(await said).toMatchObject({ outcome: "accepted", attempts: [{ status: 200, body: "" }] });
  });
});

describe("the configuration, read again", () => {
  it("has other programs reply from then on", async () => {
    const { hub, configure, sandbox } = await replied(() => ({ text: "the first" }));
    const other = await replyProgram(() => ({ text: "the other" }));
    configure(other);
    expect((await hub.ask("POST", "/api/v1/reload")).status).toBe(200);
    const report = await sandbox.people.say({ ...at("app"), person: "zhangsan", text: "hello" });
    expect(replyOf(report)).toContain("the other");
    const { body } = await hub.ask<{ repliers: { url: string; calls: number }[] }>("GET", "/api/v1/webhooks/handlers");
    expect(body.data.repliers).toMatchObject([{ url: other.url, calls: 1, failures: 0 }]);
  });
});

/** A hub with an account of everything, the sandbox's people, and one program that replies. */
async function replied(answer: Parameters<typeof replyProgram>[0], settings: { readonly tries?: number } = {}) {
  const program = await replyProgram(answer);
  const fileWith = ({ url }: ReplyProgram) => ({
    accounts: allAccounts,
    subscriptions: { allow_private: true },
    replies: [{ url, secret, ...settings }],
  });
  const made = await world(fileWith(program));
  const hub = await made.start();
  registerAll({ hub, sandbox: made.sandbox });
  return { ...made, hub, program, configure: (other: ReplyProgram) => made.configure(fileWith(other)) };
}

function textOf({ data }: Event): string {
  return "text" in data ? data.text : "";
}

/** What the person reads in the end. */
function replyOf({ attempts }: CallReport): unknown {
  return attempts.at(-1)?.reply;
}

async function outcomes(hub: Hub): Promise<Record<string, number>> {
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  const sample = metricsOf(text);
  const counted = ["replied", "none", "late", "failed", "refused", "cut", "busy"].map((outcome) => {
    const of = (platform: string) => sample(`yizhan_replies_total{platform="${platform}",outcome="${outcome}"}`) ?? 0;
    return [outcome, of("wecom") + of("wechat-official")] as const;
  });
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}
