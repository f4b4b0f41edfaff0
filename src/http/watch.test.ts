import { describe, expect, it } from "vitest";
import type { Watched, WatchResult } from "../receive/polling.ts";
import { startHub } from "./hub-for-tests.ts";
import { watchEndpoints } from "./watch.ts";

const path = "/api/v1/messages/watch";
const message = { platform: "dingtalk", account: "main", message_id: "key", kind: "work-notification", agent_id: "42" };

describe("a message that is to be watched", () => {
  it("is handed on, and answered with when it is asked about first", async () => {
    const { ask, watched } = await hubWith({ outcome: "watching", nextAt: Date.UTC(2026, 0, 1) });
    const { status, body } = await ask("POST", path, { body: message });
    expect([status, body.data]).toEqual([202, { message_id: "key", next_at: "2026-01-01T00:00:00Z" }]);
    expect(watched).toEqual([
      {
        tenant: "default",
        platform: "dingtalk",
        account: "main",
        messageId: "key",
        kind: "work-notification",
        agent: "42",
      },
    ]);
  });

  it("is handed on with when it was sent", async () => {
    const { ask, sentAt } = await hubWith({ outcome: "known" });
    expect((await ask("POST", path, { body: { ...message, sent_at: "2026-01-01T08:00:00+08:00" } })).status).toBe(202);
    expect(sentAt).toEqual([Date.UTC(2026, 0, 1)]);
  });

  it("is answered alike when it is watched already", async () => {
    const { ask } = await hubWith({ outcome: "known" });
    expect((await ask("POST", path, { body: message })).status).toBe(202);
  });

  it.each<[WatchResult, number, string]>([
    [{ outcome: "unknown-account" }, 404, "没有名为main的dingtalk账号"],
    [
      { outcome: "unknown-kind", kinds: ["direct", "group"] },
      400,
      "kind为work-notification的消息不能查询，dingtalk可用direct、group",
    ],
    [{ outcome: "unknown-kind", kinds: [] }, 400, "dingtalk不提供消息状态查询"],
    [{ outcome: "lacking", field: "agent" }, 400, "agent_id不能为空：平台按它查询"],
    [{ outcome: "too-old", limitMs: 86_400_000 }, 400, "sent_at已超过24小时：平台不再提供该消息的状态"],
    [{ outcome: "too-many" }, 429, "正在查询状态的消息已达上限，请稍后再试"],
  ])("is refused in words: %j", async (result, status, error) => {
    const { ask } = await hubWith(result);
    const answered = await ask("POST", path, { body: message });
    expect([answered.status, answered.body.data.error]).toEqual([status, error]);
  });

  it.each([
    [{ ...message, message_id: "" }, "message_id不能为空"],
    [{ ...message, surprise: 1 }, "surprise"],
    [{ ...message, sent_at: "yesterday" }, "sent_at"],
    [{ ...message, kind: "x".repeat(65) }, "kind"],
  ])("is refused where a field is wrong", async (body, error) => {
    const { ask, watched } = await hubWith({ outcome: "known" });
    const answered = await ask("POST", path, { body });
    expect([answered.status, answered.body.data.error]).toEqual([400, expect.stringContaining(error)]);
    expect(watched).toEqual([]);
  });
});

async function hubWith(result: WatchResult) {
  const watched: Watched[] = [];
  const sentAt: (number | undefined)[] = [];
  const watch = async (asked: Watched, at?: number) => {
    watched.push(asked);
    sentAt.push(at);
    return result;
  };
  const hub = await startHub({ more: watchEndpoints({ tenant: "default", watch }) });
  return { ask: hub.ask, watched, sentAt };
}
