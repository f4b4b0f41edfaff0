import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasDovecot, type TestDovecot, testDovecot } from "../src/platforms/email/dovecot-for-tests.ts";
import { randomFrom } from "./crash/random.ts";
import { type Hub, world } from "./hub.ts";
import { eventsOf } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";
import { run } from "./yizhan.ts";

const kills = Number(process.env.YIZHAN_MAIL_KILLS ?? 6);
const seed = Number(process.env.YIZHAN_CRASH_SEED ?? Date.now() % 1_000_000);

const isHere = hasDovecot();

it.runIf(process.env.CI === "true")("Dovecot is installed where everything must be tested", () => {
  expect(isHere, "install Debian's dovecot-imapd").toBe(true);
});

describe.skipIf(!isHere)(
  isHere ? "a hub that reads a mailbox on Dovecot" : "a hub that reads a mailbox (dovecot-imapd is not installed)",
  () => {
    let dovecot: TestDovecot;
    let folders = 0;
    beforeAll(async () => {
      dovecot = await testDovecot();
    });
    afterAll(() => dovecot[Symbol.asyncDispose]());

    it("makes Events of mails as they come: what was written, in which thread, with what", async () => {
      const { hub, put } = await reading();
      await put({ subject: "磁盘告警", body: "`/data` 91%\r\n\r\n> quoted before", id: "first" });
      await put({ subject: "Re: 磁盘告警", body: "看到了", id: "second", headers: replyTo("first") });
      await put({ subject: "网页", type: "text/html", body: "<p>Hello <b>there</b></p>", id: "third" });
      const events = await arrived(hub, 3);
      expect(events).toMatchObject([
        {
          source: "/tenants/default/accounts/email/desk",
          type: "yizhan.message.received",
          subject: "zhangsan@example.com",
          data: {
            messageId: "<first@example.com>",
            kind: "mail",
            title: "磁盘告警",
            text: "`/data` 91%",
            sender: { id: "zhangsan@example.com", name: "张三" },
            chat: { id: "zhangsan@example.com", kind: "direct" },
            attachments: [],
            automatic: false,
          },
        },
        {
          type: "yizhan.message.received",
          data: { text: "看到了", replyTo: "<first@example.com>", thread: "<first@example.com>" },
        },
        // Whoever answers a mail also did something to it.
        { type: "yizhan.message.interaction", data: { kind: "reply", messageId: "<first@example.com>" } },
        { type: "yizhan.message.received", data: { title: "网页", text: "Hello there" } },
      ]);
    });

    it("fetches what is attached, byte for byte", async () => {
      const { hub, put } = await reading();
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
      await put({ subject: "with files", ...attached("报表.xlsx", "application/vnd.ms-excel", bytes), id: "files" });
      const [event] = await arrived(hub, 1);
      expect(event?.data).toMatchObject({ text: "see the file", attachments: [{ kind: "file", name: "报表.xlsx" }] });
      const file = await until(
        async () => {
          const answer = await fetch(`${hub.url}/api/v1/events/${event?.id}/attachments/0`);
          return answer.status === 200 && answer;
        },
        { what: "the file" },
      );
      expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
      expect(file.headers.get("content-type")).toBe("application/vnd.ms-excel");
      expect(file.headers.get("content-disposition")).toContain(encodeURIComponent("报表.xlsx"));
    });

    it("knows automatic answers, and reports on mails that came back", async () => {
      const { hub, put } = await reading();
      await put({ subject: "Abwesend", id: "away", headers: "Auto-Submitted: auto-replied\r\n" });
      await put({ subject: "News", id: "list", headers: "List-Id: News <news.example.com>\r\nPrecedence: list\r\n" });
      await put({ subject: "Undelivered", from: "MAILER-DAEMON@example.com", id: "bounce", ...bounce("sent-by-us") });
      const events = await arrived(hub, 3);
      expect(events).toMatchObject([
        { type: "yizhan.message.received", data: { title: "Abwesend", automatic: true } },
        {
          type: "yizhan.message.received",
          data: { automatic: true, chat: { id: "news.example.com", kind: "group" } },
        },
        {
          type: "yizhan.message.status",
          data: {
            messageId: "<sent-by-us@example.com>",
            state: "failed",
            person: { id: "lisi@example.com" },
            reason: expect.stringContaining("5.1.1"),
          },
        },
      ]);
      const id = encodeURIComponent("<sent-by-us@example.com>");
      const { body } = await hub.ask<{ channels: unknown[] }>("GET", `/api/v1/messages/${id}/status`);
      expect(body.data.channels).toMatchObject([
        { platform: "email", status: "failed", read: "not reported by this platform" },
      ]);
    });

    it("tells each mail once, over restarts, kills, and a second copy", async () => {
      const { hub, put, start } = await reading();
      await put({ subject: "one", id: "one" });
      await arrived(hub, 1);
      await hub.stop();
      await put({ subject: "two", id: "two" });
      const second = await start();
      await arrived(second, 2);
      await second.kill();
      await put({ subject: "one", id: "one" });
      await put({ subject: "three", id: "three" });
      const third = await start();
      const events = await arrived(third, 3);
      expect(events.map(({ data }) => "title" in data && data.title)).toEqual(["one", "two", "three"]);
    });

    it("is watching, and gives the doctor nothing to say; says what is wrong otherwise, without the password", async () => {
      const { hub, folder, configure, start } = await reading();
      expect(await healthOf(hub)).toBe("watching");
      expect(await run(["doctor", "--url", hub.url], { cwd: folder })).toMatchObject({ code: 0 });
      await hub.stop();
      configure("a-wrong-password");
      const refused = await start();
      await until(async () => (await healthOf(refused))?.startsWith("disconnected"), { what: "the refusal" });
      const { code, stdout } = await run(["doctor", "--url", refused.url], { cwd: folder });
      expect([code, stdout]).toEqual([
        1,
        expect.stringMatching(/^! email desk: its mailbox is disconnected: .*\n {4}.*IMAP/m),
      ]);
      for (const told of [stdout, refused.process.stdout]) expect(told).not.toContain("a-wrong-password");
    });

    it(`loses and repeats none when it is killed ${kills} times (seed ${seed})`, { timeout: 300_000 }, async () => {
      const random = randomFrom(seed);
      const { hub, put, start } = await reading();
      let running = hub;
      let sent = 0;
      for (let count = 0; count < kills; count++) {
        const before = (await titlesOf(running)).length;
        for (let mail = 0; mail < 20; mail++) {
          sent++;
          await put({ subject: `mail ${sent}`, id: `m${sent}` });
        }
        await until(async () => (await titlesOf(running)).length > before, { what: "some of them" });
        await pause(random() * 30);
        await running.kill();
        running = await start();
      }
      const titles = await until(
        async () => {
          const all = await titlesOf(running);
          return all.length >= sent && all;
        },
        { what: "all of them", deadlineMs: 60_000 },
      );
      expect(titles).toEqual(Array.from({ length: sent }, (_, at) => `mail ${at + 1}`));
    });

    /** A hub that reads a folder of its own from the start. */
    async function reading() {
      const mailbox = `box${++folders}`;
      const client = await dovecot.client();
      await client.mailboxCreate(mailbox);
      await client.logout();
      const made = await world();
      const configure = (password: string) =>
        made.configure({
          accounts: {
            desk: {
              platform: "email",
              imap_host: "127.0.0.1",
              imap_port: dovecot.port,
              tls: "none",
              username: dovecot.user,
              password,
              address: "desk@example.com",
              mailbox,
              first: "all",
            },
          },
        });
      configure(dovecot.password);
      const hub = await made.start();
      await until(async () => (await healthOf(hub)) === "watching", { what: "the mailbox being watched" });
      return {
        ...made,
        configure,
        hub,
        /** Another program puts a mail into the folder. */
        async put(mail: Mail): Promise<void> {
          const writer = await dovecot.client();
          await writer.append(mailbox, rawOf(mail));
          await writer.logout();
        },
      };
    }
  },
);

async function healthOf(hub: Hub): Promise<string | null | undefined> {
  const { body } = await hub.ask<{ accounts: { callback_path: string | null; health: { connection: string } }[] }>(
    "GET",
    "/api/v1/status",
  );
  expect(body.data.accounts.map(({ callback_path }) => callback_path)).toEqual([null]);
  return body.data.accounts[0]?.health.connection;
}

/** Messages and reports, with what follows from them, once there are so many of them. */
async function arrived(hub: Hub, count: number) {
  const mails = (type: string) => type === "yizhan.message.received" || type === "yizhan.message.status";
  return until(
    async () => {
      const events = await eventsOf(hub);
      const found = events.filter(({ type }) => mails(type)).length;
      if (found > count) throw new Error(`${found} mails came, not ${count}`);
      return found === count && events;
    },
    { what: `${count} mails` },
  );
}

async function titlesOf(hub: Hub): Promise<string[]> {
  return (await eventsOf(hub)).map(({ data }) => ("title" in data ? String(data.title) : ""));
}

interface Mail {
  readonly subject: string;
  /** Of its Message-ID, before `@example.com`. */
  readonly id: string;
  readonly from?: string;
  readonly body?: string;
  readonly type?: string;
  /** More header lines. */
  readonly headers?: string;
}

function rawOf({ subject, id, from = "=?utf-8?B?5byg5LiJ?= <zhangsan@example.com>", ...rest }: Mail): Buffer {
  const { body = "hello", type = "text/plain; charset=utf-8", headers = "" } = rest;
  const title = `=?utf-8?B?${Buffer.from(subject).toString("base64")}?=`;
  const head = `From: ${from}\r\nTo: desk@example.com\r\nSubject: ${title}\r\nMessage-ID: <${id}@example.com>\r\n`;
  return Buffer.from(`${head}${headers}MIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`);
}

function replyTo(id: string): string {
  return `In-Reply-To: <${id}@example.com>\r\nReferences: <${id}@example.com>\r\n`;
}

function attached(name: string, type: string, bytes: Buffer): Pick<Mail, "type" | "body"> {
  const lines = bytes.toString("base64").match(/.{1,76}/g) ?? [];
  const named = `=?utf-8?B?${Buffer.from(name).toString("base64")}?=`;
  const parts = [
    "Content-Type: text/plain\r\n\r\nsee the file",
    `Content-Type: ${type}\r\nContent-Disposition: attachment; filename="${named}"\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${lines.join("\r\n")}`,
  ];
  return { type: 'multipart/mixed; boundary="b"', body: `${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--` };
}

/** A delivery report (RFC 3464) on a mail with this id. */
function bounce(id: string): Pick<Mail, "type" | "body" | "headers"> {
  const status = [
    "Reporting-MTA: dns; mx.example.com",
    "",
    "Final-Recipient: rfc822; lisi@example.com",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 no such user",
  ].join("\r\n");
  const parts = [
    "Content-Type: text/plain\r\n\r\nIt came back.",
    `Content-Type: message/delivery-status\r\n\r\n${status}`,
    `Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <${id}@example.com>\r\nSubject: x`,
  ];
  return {
    headers: "Auto-Submitted: auto-replied\r\n",
    type: 'multipart/report; report-type=delivery-status; boundary="b"',
    body: `${parts.map((part) => `--b\r\n${part}\r\n\r\n`).join("")}--b--`,
  };
}
