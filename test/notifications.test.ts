import { describe, expect, it } from "vitest";
import { type Hub, world } from "./hub.ts";

interface Item {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly title: string;
}

interface Page {
  readonly notifications: readonly Item[];
  readonly pagination: object;
}

const root = "/api/v1/notifications";

describe("the inbox", () => {
  it("shows a notification with all its fields", async () => {
    const hub = await hubWith(["error"]);
    const { status, body } = await hub.ask<Page>("GET", root);
    expect([status, body.message]).toEqual([200, "获取系统通知成功"]);
    expect(body.data).toEqual({
      notifications: [
        {
          id: expect.stringMatching(/^notify_\d{14}_\d{6}$/),
          title: "第1条",
          message: "正文",
          type: "error",
          strategy: "platform",
          style: "card",
          source: expect.any(String),
          task_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          reason: expect.stringMatching(/./),
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          status: "unread",
        },
      ],
      pagination: { total: 1, limit: 50, offset: 0, count: 1 },
    });
    const [item] = body.data.notifications;
    const one = await hub.ask<{ notification: Item }>("GET", `${root}/${item?.id}`);
    expect(one.body.data.notification).toEqual(item);
  });

  it("gives pages, the newest first", async () => {
    const hub = await hubWith(["info", "info", "info", "info", "info"]);
    const { body } = await hub.ask<Page>("GET", `${root}?limit=2&offset=1`);
    expect(body.data.notifications.map(({ title }) => title)).toEqual(["第4条", "第3条"]);
    expect(body.data.pagination).toEqual({ total: 5, limit: 2, offset: 1, count: 2 });
  });

  it("marks one as read, and filters by it", async () => {
    const hub = await hubWith(["info", "error"]);
    const [newest] = await itemsOf(hub);
    const marked = await hub.ask("PUT", `${root}/${newest?.id}/read`);
    expect([marked.status, marked.body.data]).toEqual([200, { id: newest?.id, status: "read" }]);
    expect((await itemsOf(hub, "?status=read")).map(({ title }) => title)).toEqual(["第2条"]);
    expect((await itemsOf(hub, "?status=unread")).map(({ title }) => title)).toEqual(["第1条"]);
    expect(await itemsOf(hub, "?status=all")).toHaveLength(2);
  });

  it("counts", async () => {
    const hub = await hubWith(["info", "error", "error"]);
    const [newest] = await itemsOf(hub);
    await hub.ask("PUT", `${root}/${newest?.id}/read`);
    const { body } = await hub.ask<{ statistics: { by_type: object } }>("GET", `${root}/statistics`);
    expect(body.message).toBe("获取通知统计成功");
    expect(body.data.statistics).toMatchObject({ total: 3, unread: 2, read: 1, by_type: { info: 1, error: 2 } });
  });

  it("marks all as read, and deletes one or all", async () => {
    const hub = await hubWith(["info", "warning", "error"]);
    expect((await hub.ask("PUT", `${root}/read-all`)).status).toBe(200);
    expect(await itemsOf(hub, "?status=unread")).toEqual([]);
    const [newest] = await itemsOf(hub);
    expect((await hub.ask("DELETE", `${root}/${newest?.id}`)).status).toBe(200);
    expect((await itemsOf(hub)).map(({ title }) => title)).toEqual(["第2条", "第1条"]);
    expect((await hub.ask("DELETE", root)).status).toBe(200);
    expect(await itemsOf(hub)).toEqual([]);
  });

  it("survives a restart", async () => {
    const { start } = await world();
    const first = await start();
    await fill(first, ["warning", "error"]);
    const [newest] = await itemsOf(first);
    await first.ask("PUT", `${root}/${newest?.id}/read`);
    const before = await itemsOf(first);
    await first.kill();
    const second = await start();
    expect(await itemsOf(second)).toEqual(before);
    expect(before.map(({ status }) => status)).toEqual(["read", "unread"]);
  });

  it.each([
    ["GET", ""],
    ["PUT", "/read"],
    ["DELETE", ""],
  ])("answers 404 to %s of what is not there", async (method, rest) => {
    const hub = await hubWith([]);
    const { status, body } = await hub.ask(method, `${root}/notify_20260101000000_000001${rest}`);
    expect(status).toBe(404);
    expect(body).toEqual({ code: 404, message: "通知不存在", data: { id: "notify_20260101000000_000001" } });
  });

  it.each([
    ["status=new", "status必须是unread、read、all之一"],
    ["limit=1001", "limit不能大于1000"],
    ["limit=0", "limit不能小于1"],
    ["limit=ten", "limit必须是整数"],
    ["offset=-1", "offset不能小于0"],
  ])("answers 400 to ?%s", async (query, error) => {
    const hub = await hubWith([]);
    const { status, body } = await hub.ask("GET", `${root}?${query}`);
    expect([status, body.message]).toEqual([400, "请求参数错误"]);
    expect(body.data).toMatchObject({ error });
  });
});

/** A hub whose inbox holds one item of each of these types, oldest first. */
async function hubWith(types: readonly string[]): Promise<Hub> {
  const hub = await (await world()).start();
  await fill(hub, types);
  return hub;
}

async function fill(hub: Hub, types: readonly string[]): Promise<void> {
  for (const [index, type] of types.entries()) {
    const content = { title: `第${index + 1}条`, msg: "正文" };
    await hub.settled(await hub.accepted({ platform: "system", type, style: "card", content }));
  }
}

async function itemsOf(hub: Hub, query = ""): Promise<readonly Item[]> {
  return (await hub.ask<Page>("GET", root + query)).body.data.notifications;
}
