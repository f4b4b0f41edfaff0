import { createSocket } from "node:dgram";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
// biome-ignore lint/style/noRestrictedImports: only the test does: the real client, so that a post is a post.
import { createHttpClient } from "../../deliver/http-client.ts";
import type { Level, Message } from "../../model/message.ts";
import type { Notification } from "../../model/notification.ts";
import type { Receipt } from "../../model/receipt.ts";
import { platformContract } from "../../testing/platform-contract.ts";
import { aMessage } from "../../testing/samples.ts";
import { deadOrigin, scriptedServer } from "../../testing/scripted-server.ts";
import type { RenderContext } from "../definition.ts";
import { system } from "./index.ts";
import { localStamp } from "./local-time.ts";

platformContract(system, {
  folder: new URL("./", import.meta.url),
  channel: { type: "console" },
  badChannels: [
    { settings: { type: "pager" }, says: /type/ },
    { settings: { type: "console", url: "https://example.com/" }, says: /url/ },
    { settings: { type: "syslog", url: "https://example.com/" }, says: /must be syslog:\/\/host:port/ },
    { settings: { type: "syslog", url: "syslog://" }, says: /must be syslog:\/\/host:port/ },
    { settings: { type: "syslog", facility: "local8" }, says: /local7/ },
    { settings: { type: "http", url: "example.com/hook" }, says: /https:\/\/ or http:\/\// },
    { settings: { type: "http", url: "file:///etc/passwd" }, says: /https:\/\/ or http:\/\// },
  ],
  measure: (payload) => Buffer.byteLength(JSON.stringify(payload)),
  textOf: (payload) => String(payload.message),
  attempts: [
    { name: "a console", attempt: () => sendTo({ type: "console" }), expected: { ok: true } },
    { name: "a file", attempt: () => sendTo({ type: "file" }), expected: { ok: true } },
    { name: "the application log", attempt: () => sendTo({ type: "syslog" }), expected: { ok: true } },
    { name: "the inbox", attempt: () => sendTo({ type: "http" }), expected: { ok: true } },
  ],
});

describe("the address", () => {
  it("is the same for the same place, so that it rings once", () => {
    const of = (settings: unknown) => system.address(system.channel.parse(settings));
    expect(of({ type: "http" })).toBe(of({ type: "http" }));
    const addresses = [
      { type: "console" },
      { type: "file" },
      { type: "syslog" },
      { type: "syslog", url: "syslog://logs.example:514" },
      { type: "http" },
      { type: "http", url: "https://example.com/hook" },
    ].map(of);
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});

describe("a notice", () => {
  it("carries what happened and why, and that somebody asked for it where nothing failed", () => {
    const channel = system.channel.parse({ type: "console" });
    expect(system.render(aMessage(), channel, context)).toEqual([
      {
        title: "Disk",
        message: "is **full**",
        level: "info",
        style: "text",
        taskId: "task-1",
        strategy: "failover",
        reason: "feishu: [19001] no such hook",
        createdAt: context.createdAt,
      },
    ]);
    expect(system.render(aMessage(), channel, { ...context, reason: undefined })).toMatchObject([
      { reason: "主动指定系统通知" },
    ]);
  });

  it("is one, and says where it was cut", () => {
    const channel = system.channel.parse({ type: "console" });
    const payloads = system.render(aMessage({ body: "长".repeat(500_000) }), channel, context);
    expect(payloads).toHaveLength(1);
    expect(String(payloads[0]?.message)).toMatch(/长…（已截断）$/);
  });

  it("keeps the actions as links", () => {
    const channel = system.channel.parse({ type: "console" });
    const actions = [{ text: "查看", url: "https://example.com/" }];
    expect(system.render(aMessage({ actions }), channel, context)).toMatchObject([
      { message: "is **full**\n查看：https://example.com/" },
    ]);
  });
});

describe("a console notification", () => {
  it("shows everything that is known", async () => {
    const { written } = await shown(aMessage({ title: "磁盘将满", body: "第一行\n第二行", level: "error" }));
    for (const text of [
      "🚨",
      "错误",
      "磁盘将满",
      "第一行",
      "第二行",
      "task-1",
      "failover",
      "[19001] no such hook",
      "2023-11-1",
    ]) {
      expect(written).toContain(text);
    }
  });

  it("cannot move the cursor, change colours, ring or turn text around", async () => {
    const title = "\u001b[2J\u0007red\u009b31m\u202egnp.exe";
    const { written } = await shown(aMessage({ title, body: "a\rb\u0000\u200f\u2066c\u007f" }));
    expect(written).toContain("[2Jred31mgnp.exe");
    expect(written.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
  });

  it("is unavailable when standard output is gone", async () => {
    const receipt = await sendTo({ type: "console" }, { console: failing("EPIPE", "write EPIPE") });
    expect(receipt).toMatchObject({ error: { kind: "unavailable", code: "console" } });
  });
});

describe("a file notification", () => {
  it("is named by local time and has the whole story", async () => {
    const { files, read } = await filed([aMessage({ title: "磁盘将满", body: "正文", level: "warning" })]);
    expect(files).toEqual([`system_notify_${localStamp(nowMs)}.txt`]);
    for (const text of ["磁盘将满", "正文", "warning", "task-1", "failover", "[19001] no such hook"]) {
      expect(read(0)).toContain(text);
    }
  });

  it("never overwrites another, were it of the same second, by another process, or fifty at once", async () => {
    const stamp = localStamp(nowMs);
    const folder = temporaryFolder();
    writeFileSync(join(folder, `system_notify_${stamp}.txt`), "somebody else's");
    writeFileSync(join(folder, `system_notify_${stamp}_3.txt`), "somebody else's too");
    const messages = Array.from({ length: 50 }, (_, number) => aMessage({ body: `body ${number}.` }));
    const { files, read } = await filed(messages, folder);
    expect(files).toHaveLength(52);
    expect(readFileSync(join(folder, `system_notify_${stamp}.txt`), "utf8")).toBe("somebody else's");
    expect(readFileSync(join(folder, `system_notify_${stamp}_3.txt`), "utf8")).toBe("somebody else's too");
    expect(files).toContain(`system_notify_${stamp}_2.txt`);
    const all = files.map((_, index) => read(index)).join("");
    for (const { body } of messages) expect(all).toContain(body);
  });

  it("makes its folder", async () => {
    const { files } = await filed([aMessage()], join(temporaryFolder(), "a", "notifications"));
    expect(files).toHaveLength(1);
  });

  it("is unavailable when the folder cannot be made, and says why", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "in the way");
    expect(await sendTo({ type: "file" }, { directory: join(file, "notifications") })).toMatchObject({
      error: { kind: "unavailable", code: "ENOTDIR", advice: expect.stringContaining("通知目录") },
    });
  });
});

describe("a syslog notification", () => {
  it("goes to the application log at the message's level", async () => {
    for (const level of ["info", "warning", "error"] as const) {
      const lines: [Level, Readonly<Record<string, string>>, string][] = [];
      await sendTo(
        { type: "syslog" },
        { message: aMessage({ level, body: "a\nb" }), log: (...line) => lines.push(line) },
      );
      expect(lines).toEqual([
        [
          level,
          { task_id: "task-1", strategy: "failover", reason: "feishu: [19001] no such hook" },
          "系统通知 Disk: a b",
        ],
      ]);
    }
  });

  it("goes to a collector as one RFC 5424 datagram", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    const datagram = new Promise<Buffer>((resolve) => socket.once("message", resolve));
    const url = `syslog://127.0.0.1:${socket.address().port}`;
    const message = aMessage({ title: "磁盘", body: `${"很长的一行\n".repeat(500)}`, level: "error" });
    expect(await sendTo({ type: "syslog", url, facility: "local3" }, { message })).toMatchObject({ ok: true });
    const bytes = await datagram;
    expect(bytes.length).toBeLessThanOrEqual(1180);
    expect(bytes.toString()).toMatch(
      /^<155>1 2023-11-14T22:13:20\.000Z \S+ yizhan \d+ notification \[task@32473 id="task-1" strategy="failover"\] 磁盘: 很长的一行 .*…（已截断）$/,
    );
  });

  it("goes to a collector over TCP, a line each", async () => {
    const { url, text } = await collector();
    expect(await sendTo({ type: "syslog", url })).toMatchObject({ ok: true });
    expect(await text).toMatch(/^<134>1 [^\n]* Disk: is \*\*full\*\* \([^\n]*\)\n$/);
  });

  it("counts its octets where the collector wants that", async () => {
    const { url, text } = await collector();
    await sendTo({ type: "syslog", url, framing: "octet-counting" }, { message: aMessage({ title: "磁盘" }) });
    const [, length, line] = /^(\d+) (.*)$/s.exec(await text) ?? [];
    expect(Buffer.byteLength(line ?? "")).toBe(Number(length));
  });

  it("is in the application log even when the collector is not there, and is tried again", async () => {
    const { port } = new URL(await deadOrigin());
    const lines: string[] = [];
    const receipt = await sendTo(
      { type: "syslog", url: `syslog+tcp://127.0.0.1:${port}` },
      { log: (_level, _fields, text) => lines.push(text) },
    );
    expect(receipt).toMatchObject({ error: { kind: "unavailable", code: "ECONNREFUSED" } });
    expect(lines).toHaveLength(1);
  });
});

describe("an http notification", () => {
  it("is an inbox item, stored once per key", async () => {
    const added: [Omit<Notification, "id" | "status">, string][] = [];
    const receipt = await sendTo({ type: "http" }, { key: "task-1-3-0", added });
    expect(receipt).toEqual({ ok: true, messageId: "notify_20231114221320_000001" });
    expect(added).toEqual([[item, "task-1-3-0"]]);
  });

  it("is posted as the API shows it, with the id it got", async () => {
    await using server = await scriptedServer(() => ({ status: 204, body: "" }));
    const receipt = await sendTo({ type: "http", url: `${server.origin}/hook` });
    expect(receipt).toMatchObject({ ok: true });
    expect(server.requests).toMatchObject([{ method: "POST", url: "/hook" }]);
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({
      id: "notify_20231114221320_000001",
      title: "Disk",
      message: "is **full**",
      type: "info",
      strategy: "failover",
      style: "text",
      source: "PushServer-SystemNotification",
      task_id: "task-1",
      reason: "feishu: [19001] no such hook",
      created_at: "2023-11-14T22:13:20Z",
      status: "unread",
    });
  });

  it("stays in the inbox when the post fails, and the failure is the answer", async () => {
    await using server = await scriptedServer(() => ({ status: 500, body: "SECRET" }));
    const added: [Omit<Notification, "id" | "status">, string][] = [];
    const receipt = await sendTo({ type: "http", url: `${server.origin}/hook?key=SECRET` }, { added });
    expect(receipt).toMatchObject({ error: { kind: "unavailable", code: "http-500" } });
    expect(JSON.stringify(receipt)).not.toContain("SECRET");
    expect(added).toHaveLength(1);
    const refused = await sendTo({ type: "http", url: `${await deadOrigin()}/hook?key=SECRET` });
    expect(refused).toMatchObject({ error: { kind: "unavailable", code: "network" } });
    expect(JSON.stringify(refused)).not.toContain("SECRET");
  });

  it("is unavailable when the inbox cannot be written", async () => {
    const receipt = await sendTo({ type: "http" }, { add: () => Promise.reject(new Error("disk full")) });
    expect(receipt).toMatchObject({ error: { kind: "unavailable", code: "inbox", message: "disk full" } });
  });
});

const nowMs = 1_700_000_123_000;
const context: RenderContext = {
  taskId: "task-1",
  strategy: "failover",
  reason: "feishu: [19001] no such hook",
  createdAt: 1_700_000_000_000,
};
const item: Omit<Notification, "id" | "status"> = {
  title: "Disk",
  message: "is **full**",
  type: "info",
  strategy: "failover",
  style: "text",
  source: "PushServer-SystemNotification",
  taskId: "task-1",
  reason: "feishu: [19001] no such hook",
  createdAt: context.createdAt,
};

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Sending {
  readonly message?: Message;
  readonly key?: string;
  readonly console?: (text: string) => void;
  readonly log?: (level: Level, fields: Readonly<Record<string, string>>, text: string) => void;
  readonly directory?: string;
  readonly added?: [Omit<Notification, "id" | "status">, string][];
  readonly add?: () => Promise<Notification>;
}

async function sendTo(settings: unknown, sending: Sending = {}): Promise<Receipt> {
  return (await sendAll(settings, [sending.message ?? aMessage()], sending))[0] as Receipt;
}

/** Sends the messages at once. */
async function sendAll(settings: unknown, messages: readonly Message[], sending: Sending): Promise<Receipt[]> {
  const http = createHttpClient();
  const add = async (added: Omit<Notification, "id" | "status">, key: string): Promise<Notification> => {
    sending.added?.push([added, key]);
    return { ...added, id: "notify_20231114221320_000001", status: "unread" };
  };
  const sender = system.connect({
    http,
    now: () => nowMs,
    system: {
      console: sending.console ?? (() => {}),
      log: sending.log ?? (() => {}),
      inbox: { add: sending.add ?? add },
      directory: sending.directory ?? temporaryFolder(),
    },
  });
  const channel = system.channel.parse(settings);
  const { key = "k" } = sending;
  const sends = messages.map((message) => {
    const [payload = {}] = system.render(message, channel, context);
    return sender.send({ payload, channel, account: undefined, key, timeoutMs: 5_000 });
  });
  const receipts = await Promise.all(sends);
  await sender.close?.();
  await http.close();
  return receipts;
}

async function shown(message: Message) {
  let written = "";
  await sendTo({ type: "console" }, { message, console: (text) => (written += text) });
  return { written };
}

async function filed(messages: readonly Message[], directory = temporaryFolder()) {
  for (const receipt of await sendAll({ type: "file" }, messages, { directory })) expect(receipt).toEqual({ ok: true });
  const files = readdirSync(directory).sort();
  return { files, read: (index: number) => readFileSync(join(directory, files[index] ?? ""), "utf8") };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "yizhan-system-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A TCP collector and everything that the first connection to it said. */
async function collector() {
  const text = Promise.withResolvers<string>();
  const server: Server = createServer((socket) => {
    let said = "";
    socket.setEncoding("utf8").on("data", (chunk) => (said += chunk));
    socket.on("error", text.reject).on("end", () => text.resolve(said));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `syslog+tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, text: text.promise };
}

function failing(code: string, message: string) {
  return (): never => {
    throw Object.assign(new Error(message), { code });
  };
}
