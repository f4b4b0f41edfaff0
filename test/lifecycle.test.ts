import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Hub, world } from "./hub.ts";
import { metricsOf } from "./metrics.ts";
import { until } from "./until.ts";
import { run } from "./yizhan.ts";

const oneRobot = { ops: { feishu: ["a"] } };

describe("a data folder", () => {
  it("is refused to a second process, which says who has it", async () => {
    const { folder, start } = await world();
    const first = await start();
    const second = await run(["serve"], { cwd: folder });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`in use by another Yizhan (process ${first.process.pid})`);
    expect(second.stderr).toContain("--data");
    expect((await first.push()).status).toBe(200);
  });

  it("is free again after kill -9", async () => {
    const { start } = await world();
    await (await start()).kill();
    expect((await (await start()).push()).status).toBe(200);
  });
});

describe("an address that other machines can reach", () => {
  it("is refused without keys", async () => {
    const { folder } = await world();
    const { code, stdout, stderr } = await run(["serve", "--host", "0.0.0.0"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("server.host");
    expect(stderr).toContain("auth.keys or YIZHAN_API_KEY");
    expect(stdout).toBe("");
  });

  it.each([
    ["the configuration", { auth: { keys: ["key-0123456789abcdef"] } }, {}],
    ["the environment", {}, { YIZHAN_API_KEY: "key-0123456789abcdef" }],
  ])("wants a key from %s for every path but the probes", async (_where, file, env) => {
    const { start } = await world({ ...file, server: { host: "0.0.0.0" } });
    const hub = await start({ env });
    const headers = { authorization: "Bearer key-0123456789abcdef" };
    for (const path of ["/api/v1/notifications", "/metrics", "/docs", "/no-such-path"]) {
      const { status, headers: answered } = await hub.ask("GET", path);
      expect([path, status]).toEqual([path, 401]);
      expect(answered.get("www-authenticate")).toMatch(/^Bearer/);
    }
    expect((await hub.push()).status).toBe(401);
    expect((await hub.push({}, { headers: { authorization: "Bearer key-0123456789abcdeX" } })).status).toBe(401);
    expect((await hub.push({}, { headers })).status).toBe(200);
    for (const path of ["/health", "/ready"]) expect((await hub.ask("GET", path)).status).toBe(200);
    expect(hub.process.stdout + hub.process.stderr).not.toContain("key-0123456789abcdef");
  });
});

describe("SIGTERM", () => {
  it("finishes what is in flight and leaves the rest to the next start, each once", async () => {
    const { sandbox, start } = await world({ recipients: oneRobot });
    const first = await start();
    const stall = sandbox.faults.add({ mode: "stall", times: 1 });
    const ids: string[] = [];
    for (let number = 0; number < 5; number++)
      ids.push(await first.accepted({ content: { title: "关", msg: `${number}` } }));
    await until(() => sandbox.statistics().platforms.feishu.requests === 1, { what: "the first one under way" });
    first.process.signal("SIGTERM");
    await first.process.printed(/stopping/);
    sandbox.faults.clear(stall.id);
    expect(await first.process.exited).toEqual({ code: 0, signal: null });
    expect(sandbox.inbox.last).toBe(1);

    const second = await start();
    for (const id of ids) expect((await second.settled(id)).status).toBe("completed");
    expect(sandbox.inbox.list().map(({ text }) => /\d/.exec(text)?.[0])).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("waits no longer than the configured time for a platform that does not answer", async () => {
    const { sandbox, start } = await world({ recipients: oneRobot, server: { shutdown_timeout: "300ms" } });
    const first = await start();
    sandbox.faults.add({ mode: "stall" });
    const id = await first.accepted();
    await until(() => sandbox.statistics().platforms.feishu.requests === 1, { what: "it being under way" });
    const asked = Date.now();
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    // Far below the five seconds that the request itself may take.
    expect(Date.now() - asked).toBeLessThan(4_000);
    expect(first.process.stdout).toContain("go on at the next start");
    sandbox.faults.clear();
    const second = await start();
    expect((await second.settled(id)).status).toBe("completed");
  });

  it("leaves nothing listening", async () => {
    const { start } = await world();
    const hub = await start();
    await hub.stop();
    await expect(hub.ask("GET", "/health")).rejects.toThrow("fetch failed");
  });
});

describe("a new configuration", () => {
  const reloads = {
    SIGHUP: async (hub: Hub) => {
      hub.process.signal("SIGHUP");
      await hub.process.printed(/configuration (not )?reloaded/);
    },
    "POST /api/v1/reload": async (hub: Hub) => void (await hub.ask("POST", "/api/v1/reload")),
  };

  it.each(Object.entries(reloads))("is in force after %s", async (_how, reload) => {
    const { configure, sandbox, start } = await world({ recipients: oneRobot });
    const hub = await start();
    expect((await hub.push({ recipient_alias: "dev" })).status).toBe(404);
    configure({ recipients: { dev: { wecom: ["w"] } } });
    await reload(hub);
    const task = await hub.settled(await hub.accepted({ recipient_alias: "dev" }));
    expect(task.status).toBe("completed");
    expect(sandbox.inbox.list().map(({ token }) => token)).toEqual(["w"]);
    expect((await hub.push({ recipient_alias: "ops" })).status).toBe(404);
  });

  it.each(Object.entries(reloads))("changes nothing after %s when it has a mistake", async (_how, reload) => {
    const { configure, start } = await world({ recipients: oneRobot });
    const hub = await start();
    configure({ recipients: { dev: { fieshu: ["w"] } } });
    await reload(hub);
    expect((await hub.push({ recipient_alias: "ops" })).status).toBe(200);
    expect((await hub.push({ recipient_alias: "dev" })).status).toBe(404);
  });

  it("is told what is wrong with it, in the answer and in the log", async () => {
    const { configure, start } = await world({ recipients: oneRobot });
    const hub = await start();
    configure({ recipients: { dev: { fieshu: ["w"] } }, queue: { worker_count: 0, bufer_size: 1 } });
    const { status, body } = await hub.ask<{ errors: string[] }>("POST", "/api/v1/reload");
    expect([status, body.code]).toEqual([422, 422]);
    expect(body.data.errors).toHaveLength(3);
    expect(body.data.errors.join("\n")).toMatch(/config\.yaml:\d+:\d+ queue\.worker_count: /);
    expect(body.data.errors.join("\n")).toMatch(/bufer_size.*buffer_size/);
    expect(body.data.errors.join("\n")).toMatch(/fieshu.*feishu/);
    hub.process.signal("SIGHUP");
    await hub.process.printed(/configuration not reloaded: .*fieshu.*feishu/);
  });

  it("says what needs a restart", async () => {
    const { configure, start } = await world({ recipients: oneRobot });
    const hub = await start();
    configure({ recipients: oneRobot, queue: { worker_count: 7 } });
    const { body } = await hub.ask("POST", "/api/v1/reload");
    expect(body.data).toMatchObject({ notes: [expect.stringMatching(/^queue: .*next start/)] });
  });

  it("does not disturb what waits, not even for a channel that it leaves out", async () => {
    const { configure, sandbox, start } = await world({ recipients: { ops: { feishu: ["a"], wecom: ["c"] } } });
    const hub = await start();
    const stall = sandbox.faults.add({ mode: "stall", platform: "feishu" });
    const waiting = [await hub.accepted({ platform: "feishu" }), await hub.accepted({ platform: "feishu" })];
    configure({ recipients: { ops: { wecom: ["c"] } } });
    expect((await hub.ask("POST", "/api/v1/reload")).status).toBe(200);
    expect((await hub.push({ platform: "feishu" })).status).toBe(400);
    sandbox.faults.clear(stall.id);
    for (const id of waiting) expect((await hub.settled(id)).status).toBe("completed");
    expect(sandbox.inbox.list().map(({ token }) => token)).toEqual(["a", "a"]);
  });

  it("keeps what waits for a removed channel over a restart too", async () => {
    const { configure, sandbox, start } = await world({ recipients: { ops: { feishu: ["a"], wecom: ["c"] } } });
    const first = await start();
    const stall = sandbox.faults.add({ mode: "stall", platform: "feishu" });
    const id = await first.accepted({ platform: "feishu" });
    await first.kill();
    sandbox.faults.clear(stall.id);
    configure({ recipients: { ops: { wecom: ["c"] } } });
    const second = await start();
    expect((await second.settled(id)).status).toBe("completed");
    expect(metricsOf((await second.ask("GET", "/metrics")).text)("yizhan_queue_depth")).toBe(0);
  });
});

describe("a hub that cannot start", () => {
  it("tells every problem of its configuration, each with its place, and starts nothing", async () => {
    const { folder, configure } = await world();
    configure({ recipients: { ops: { fieshu: ["a"] } }, queue: { worker_count: 0, batchsize: 1 } });
    const { code, stdout, stderr } = await run(["serve"], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    for (const line of lines.slice(0, 3)) expect(line).toMatch(/^config\.yaml:\d+:\d+ /);
    expect(lines.at(-1)).toContain("3 problem(s); nothing was started");
  });

  it("says that its port is taken, and by which option it gets another", async () => {
    const { folder } = await world();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await run(["serve", "--port", String(port)], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toBe(`yizhan: port ${port} on 127.0.0.1 is in use by another program; choose another with --port\n`);
  });

  it("names a file that is not there", async () => {
    const { folder } = await world();
    const { code, stderr } = await run(["serve", "--config", "nowhere.yaml"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("nowhere.yaml: there is no such file");
  });
});
