import { describe, expect, it } from "vitest";
import type { Notification } from "../model/notification.ts";
import { startHub } from "./hub-for-tests.ts";

const root = "/api/v1/notifications";
const id = "notify_20250804090748_666666";

describe("the inbox", () => {
  it("is listed as the manual prints it", async () => {
    const hub = await startHub({ notifications: [item(id)] });
    const { status, body } = await hub.ask("GET", root);
    expect(status).toBe(200);
    expect(body).toEqual({
      code: 200,
      message: "获取系统通知成功",
      data: {
        notifications: [
          {
            id,
            title: "系统通知",
            message: "所有渠道都失败",
            type: "warning",
            strategy: "all",
            style: "card",
            source: "Yizhan",
            task_id: "f029b7c4-e0a2-4a35-8fd0-247542bab4b6",
            reason: "系统通知存储",
            created_at: "2025-08-04T09:07:48Z",
            status: "unread",
          },
        ],
        pagination: { total: 1, limit: 50, offset: 0, count: 1 },
      },
    });
  });

  it("is listed by status and page", async () => {
    const hub = await startHub({ notifications: ["a", "b", "c"].map((name) => item(name)) });
    await hub.ask("PUT", `${root}/b/read`);
    const unread = await hub.ask("GET", `${root}?status=unread&limit=1&offset=1&unknown=1`);
    expect(unread.body.data).toMatchObject({
      notifications: [{ id: "c" }],
      pagination: { total: 2, limit: 1, offset: 1, count: 1 },
    });
    const all = await hub.ask("GET", `${root}?status=&limit=&offset=`);
    expect(all.body.data.pagination).toEqual({ total: 3, limit: 50, offset: 0, count: 3 });
  });

  it.each([
    ["status=seen", "status必须是unread、read、all之一"],
    ["limit=0", "limit不能小于1"],
    ["limit=1001", "limit不能大于1000"],
    ["limit=ten", "limit必须是整数"],
    ["limit=1.5", "limit必须是整数"],
    ["limit=1&limit=2", "limit必须是整数"],
    ["offset=-1", "offset不能小于0"],
  ])("cannot be listed with %s", async (query, error) => {
    const hub = await startHub();
    const { status, body } = await hub.ask("GET", `${root}?${query}`);
    expect([status, body.message, body.data.error]).toEqual([400, "请求参数错误", error]);
    expect(body.data.errors).toHaveLength(1);
  });

  it("is listed with the largest page", async () => {
    const hub = await startHub();
    expect((await hub.ask("GET", `${root}?limit=1000`)).status).toBe(200);
  });

  it("is counted", async () => {
    const hub = await startHub({ notifications: [item("a"), item("b", "error"), item("c", "error")] });
    await hub.ask("PUT", `${root}/a/read`);
    expect((await hub.ask("GET", `${root}/statistics`)).body).toEqual({
      code: 200,
      message: "获取通知统计成功",
      data: { statistics: { total: 3, unread: 2, read: 1, by_type: { warning: 1, error: 2 } } },
    });
  });

  it("is read as a whole", async () => {
    const hub = await startHub({ notifications: [item("a"), item("b")] });
    const { body } = await hub.ask("PUT", `${root}/read-all`);
    expect(body).toEqual({ code: 200, message: "全部标记已读成功", data: { count: 2 } });
    expect([...hub.inbox.values()].map(({ status }) => status)).toEqual(["read", "read"]);
  });

  it("is emptied", async () => {
    const hub = await startHub({ notifications: [item("a"), item("b")] });
    const { body } = await hub.ask("DELETE", root);
    expect(body).toEqual({ code: 200, message: "清空通知成功", data: { count: 2 } });
    expect(hub.inbox.size).toBe(0);
  });
});

describe("one notification", () => {
  it("whose id a client left out is not all of them", async () => {
    const hub = await startHub({ notifications: [item(id)] });
    expect((await hub.ask("DELETE", `${root}/`)).status).toBe(404);
    expect(hub.inbox.size).toBe(1);
  });

  it("is shown", async () => {
    const hub = await startHub({ notifications: [item(id)] });
    const { status, body } = await hub.ask("GET", `${root}/${id}`);
    expect([status, body.message]).toEqual([200, "获取系统通知成功"]);
    expect(body.data.notification).toMatchObject({ id, status: "unread" });
  });

  it("is marked as read, also when a client announces JSON and sends none", async () => {
    const hub = await startHub({ notifications: [item(id)] });
    const headers = { "content-type": "application/json" };
    const { status, body } = await hub.ask("PUT", `${root}/${id}/read`, { headers });
    expect(status).toBe(200);
    expect(body).toEqual({ code: 200, message: "标记已读成功", data: { id, status: "read" } });
    expect(hub.inbox.get(id)?.status).toBe("read");
  });

  it("is deleted", async () => {
    const hub = await startHub({ notifications: [item(id), item("other")] });
    const { status, body } = await hub.ask("DELETE", `${root}/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({ code: 200, message: "删除通知成功", data: { id } });
    expect([...hub.inbox.keys()]).toEqual(["other"]);
  });

  it.each([
    ["GET", "/nobody"],
    ["PUT", "/nobody/read"],
    ["DELETE", "/nobody"],
  ])("that is not there is 404 for %s", async (method, path) => {
    const hub = await startHub();
    const { status, body } = await hub.ask(method, `${root}${path}`);
    expect(status).toBe(404);
    expect(body).toEqual({ code: 404, message: "通知不存在", data: { id: "nobody" } });
  });
});

function item(name: string, type: Notification["type"] = "warning"): Notification {
  return {
    id: name,
    title: "系统通知",
    message: "所有渠道都失败",
    type,
    strategy: "all",
    style: "card",
    source: "Yizhan",
    taskId: "f029b7c4-e0a2-4a35-8fd0-247542bab4b6",
    reason: "系统通知存储",
    createdAt: Date.parse("2025-08-04T09:07:48Z"),
    status: "unread",
  };
}
