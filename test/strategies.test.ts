import { describe, expect, it } from "vitest";
import { world } from "./hub.ts";

/** Two platforms with two robots each, in this order. */
const recipients = { ops: { feishu: ["a", "b"], wecom: ["c", "d"] } };

interface Row {
  readonly route: Readonly<Record<string, string>>;
  readonly broken: readonly string[];
  /** Who shows the message; in parallel means in any order, so it is compared sorted. */
  readonly shown: readonly string[];
  /** Results in the order of the plan; a robot that is missing was not tried. */
  readonly results: Readonly<Record<string, "success" | "failed">>;
}

const rows: readonly Row[] = [
  {
    route: { strategy: "all" },
    broken: [],
    shown: ["a", "b", "c", "d"],
    results: { a: "success", b: "success", c: "success", d: "success" },
  },
  {
    route: { strategy: "all" },
    broken: ["a", "d"],
    shown: ["b", "c"],
    results: { a: "failed", b: "success", c: "success", d: "failed" },
  },
  { route: { strategy: "failover" }, broken: [], shown: ["a"], results: { a: "success" } },
  { route: { strategy: "failover" }, broken: ["a"], shown: ["b"], results: { a: "failed", b: "success" } },
  {
    route: { strategy: "failover" },
    broken: ["a", "b", "c"],
    shown: ["d"],
    results: { a: "failed", b: "failed", c: "failed", d: "success" },
  },
  {
    route: { strategy: "webhook_failover" },
    broken: [],
    shown: ["a", "c"],
    results: { a: "success", c: "success" },
  },
  {
    route: { strategy: "webhook_failover" },
    broken: ["a", "c", "d"],
    shown: ["b"],
    results: { a: "failed", b: "success", c: "failed", d: "failed" },
  },
  { route: { strategy: "mixed" }, broken: ["a"], shown: ["b"], results: { a: "failed", b: "success" } },
  {
    route: { strategy: "mixed" },
    broken: ["a", "b"],
    shown: ["c", "d"],
    results: { a: "failed", b: "failed", c: "success", d: "success" },
  },
  { route: { platform: "wechat" }, broken: [], shown: ["c"], results: { c: "success" } },
  { route: { platform: "wecom" }, broken: ["c"], shown: ["d"], results: { c: "failed", d: "success" } },
  { route: { platform: "feishu", strategy: "all" }, broken: [], shown: ["a"], results: { a: "success" } },
];

describe("a push to two platforms with two robots each", () => {
  it.each(rows.map((row) => [nameOf(row), row] as const))("%s", async (_name, { route, broken, shown, results }) => {
    const { sandbox, start } = await world({ recipients });
    const hub = await start();
    for (const token of broken) breakRobot(sandbox, token);
    const task = await hub.settled(await hub.accepted(route));
    expect(task.status).toBe("completed");
    expect(Object.entries(results)).toEqual(task.results.map(({ webhook, status }) => [webhook, status]));
    expect(
      sandbox.inbox
        .list()
        .map(({ token }) => token)
        .sort(),
    ).toEqual(shown);
  });

  it("asks alternatives one after the other, in the order of the file", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { wecom: ["c"], feishu: ["a"], dingtalk: ["e"] } } });
    const hub = await start();
    for (const token of ["c", "a"]) breakRobot(sandbox, token);
    const task = await hub.settled(await hub.accepted({ strategy: "failover" }));
    expect(task.results.map(({ platform, webhook }) => [platform, webhook])).toEqual([
      ["wechat", "c"],
      ["feishu", "a"],
      ["dingtalk", "e"],
    ]);
  });

  it("keeps the order of pushes to one robot", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
    const hub = await start();
    for (let number = 0; number < 30; number++)
      await hub.accepted({ content: { title: "顺序", msg: `第${number}条` } });
    const last = await hub.accepted({ content: { title: "顺序", msg: "第30条" } });
    await hub.settled(last);
    const numbers = sandbox.inbox.list().map(({ text }) => Number(/第(\d+)条/.exec(text)?.[1]));
    expect(numbers).toEqual(Array.from({ length: 31 }, (_, index) => index));
  });
});

describe("a result", () => {
  const cases = [
    { platform: "feishu", token: "a", code: "19021", kind: "unauthorized", says: /\[19021\].*签名/ },
    { platform: "feishu", token: "a", code: "19001", kind: "rejected", says: /\[19001\].*机器人/ },
    { platform: "dingtalk", token: "e", code: "310000", kind: "unauthorized", says: /\[310000\]/ },
    { platform: "wecom", token: "c", code: "93000", kind: "rejected", says: /\[93000\].*机器人/ },
  ] as const;

  it.each(cases)("quotes $platform's code $code and says what to do", async ({ platform, token, code, kind, says }) => {
    const { sandbox, start } = await world({ recipients: { ops: { [platform]: [token] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "fail", platform, code });
    const task = await hub.settled(await hub.accepted());
    expect(task.results).toMatchObject([{ platform: shown(platform), status: "failed" }, { platform: "system" }]);
    expect(task.results[0]?.message).toMatch(says);
    expect(task.results[0]?.message).toContain("；");
    expect((await hub.ask("GET", "/metrics")).text).toContain(
      `yizhan_failed_total{platform="${platform}",kind="${kind}"} 1`,
    );
  });

  it("quotes a mail server's reply", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { email: ["who@example.com"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "fail", platform: "email", code: "550", message: "no such user here" });
    const task = await hub.settled(await hub.accepted());
    expect(task.results[0]).toMatchObject({ platform: "email", webhook: "who@example.com", status: "failed" });
    expect(task.results[0]?.message).toMatch(/\[550.*no such user here.*；/);
  });

  it("is `timeout` when the platform did not answer in time", async () => {
    const { sandbox, start } = await world({
      recipients: { ops: { feishu: ["a"], wecom: ["c"] } },
      queue: { timeout: "200ms" },
    });
    const hub = await start();
    sandbox.faults.add({ mode: "stall", platform: "feishu" });
    const task = await hub.settled(await hub.accepted());
    expect(task.results.map(({ webhook, status }) => [webhook, status])).toEqual([
      ["a", "timeout"],
      ["c", "success"],
    ]);
  });

  it("does not take HTTP 200 for delivery", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"], wecom: ["c"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "garbage", platform: "feishu" });
    const task = await hub.settled(await hub.accepted());
    expect(task.results.map(({ status }) => status)).toEqual(["failed", "success"]);
    expect(task.results[0]?.message).toContain("[invalid-answer]");
  });

  it("says while it waits why, and not before when it is tried again", async () => {
    const { sandbox, start } = await world({
      recipients: { ops: { feishu: ["a"] } },
      queue: { retry: { attempts: 6, initial_delay: "1h", max_delay: "1h" } },
    });
    const hub = await start();
    sandbox.faults.add({ mode: "fail", status: 503, times: 1 });
    const id = await hub.accepted();
    await expect
      .poll(async () => (await hub.task(id)).results[0]?.message, { timeout: 5_000 })
      .toMatch(/已尝试1次.*不早于\d{4}-.*\[http-503\]/);
    expect((await hub.task(id)).status).toBe("processing");
  });

  it("becomes a success when a retry is taken", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "drop", times: 2 });
    const task = await hub.settled(await hub.accepted());
    expect(task).toMatchObject({ status: "completed", results: [{ webhook: "a", status: "success" }] });
    expect(sandbox.statistics().platforms.feishu).toMatchObject({ requests: 3, accepted: 1 });
  });
});

describe("the last resort", () => {
  it("rings with the reason and the task's id when every channel has failed", async () => {
    const { sandbox, start } = await world({ recipients });
    const hub = await start();
    for (const token of ["a", "b", "c", "d"]) breakRobot(sandbox, token);
    const id = await hub.accepted({ strategy: "all", type: "error" });
    const task = await hub.settled(id);
    // The inbox is a channel as well, and it took the message.
    expect(task.status).toBe("completed");
    expect(task.results.at(-1)).toMatchObject({ platform: "system", status: "success" });
    const { body } = await hub.ask<{ notifications: Record<string, string>[] }>("GET", "/api/v1/notifications");
    expect(body.data.notifications).toHaveLength(1);
    const [bell] = body.data.notifications;
    expect(bell).toMatchObject({ task_id: id, title: "标题", message: "正文", type: "error", strategy: "all" });
    for (const token of ["a", "b", "c", "d"]) expect(bell?.reason).toContain(`${token}（`);
    expect(bell?.reason).toContain("[19001]");
    expect(bell?.reason).toContain("[93000]");
  });

  it("leaves the task failed when nothing took the message", async () => {
    const { sandbox, start } = await world({ recipients, system: [] });
    const hub = await start();
    for (const token of ["a", "b", "c", "d"]) breakRobot(sandbox, token);
    const task = await hub.settled(await hub.accepted({ strategy: "mixed" }));
    expect(task.status).toBe("failed");
    expect(task.results.map(({ status }) => status)).toEqual(["failed", "failed", "failed", "failed"]);
  });

  it("stays silent when one channel took the message", async () => {
    const { sandbox, start } = await world({ recipients });
    const hub = await start();
    for (const token of ["a", "b", "c"]) breakRobot(sandbox, token);
    await hub.settled(await hub.accepted({ strategy: "all" }));
    const { body } = await hub.ask<{ notifications: unknown[] }>("GET", "/api/v1/notifications");
    expect(body.data.notifications).toEqual([]);
  });

  it("rings on purpose for platform system, and then it is a success", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"], system: ["console"] } } });
    const hub = await start();
    const task = await hub.settled(await hub.accepted({ platform: "system", type: "error" }));
    expect(task).toMatchObject({ status: "completed", strategy: "platform" });
    expect(task.results.map(({ platform, status }) => [platform, status])).toEqual([
      ["system", "success"],
      ["system", "success"],
    ]);
    await hub.process.printed(/║ .*系统通知 \[.*\].*║/);
    expect(sandbox.inbox.last).toBe(0);
  });
});

const rejections = { feishu: "19001", wecom: "93000" } as const;

/** Makes a robot of the table refuse for good. */
function breakRobot({ faults }: Awaited<ReturnType<typeof world>>["sandbox"], token: string): void {
  const platform = token < "c" ? "feishu" : "wecom";
  faults.add({ mode: "fail", platform, token, code: rejections[platform] });
}

/** The name of a platform in answers. */
function shown(platform: string): string {
  return platform === "wecom" ? "wechat" : platform;
}

function nameOf({ route, broken, shown }: Row): string {
  const how = route.platform === undefined ? route.strategy : `platform ${route.platform}`;
  const trouble = broken.length === 0 ? "with all well" : `with ${broken.join(", ")} broken`;
  return `by ${how} ${trouble} reaches ${shown.join(", ")}`;
}
