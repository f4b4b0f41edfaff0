import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testClock } from "../../testing/clock.ts";
import { deadOrigin } from "../../testing/scripted-server.ts";
import type { ParsedEvent } from "../receiving.ts";
import { hasDovecot, type TestDovecot, testDovecot } from "./dovecot-for-tests.ts";
import { type WatchHappening, watchMailbox } from "./imap.ts";
import { mailboxAccount } from "./imap-account.ts";
import type { MailboxState, ReceivedMail } from "./imap-new-mail.ts";

const DAY_MS = 24 * 60 * 60_000;
const isHere = hasDovecot();

it.runIf(process.env.CI === "true")("Dovecot is installed where everything must be tested", () => {
  expect(isHere, "install Debian's dovecot-imapd").toBe(true);
});

describe.skipIf(!isHere)(
  isHere ? "a mailbox on Dovecot" : "a mailbox on Dovecot (dovecot-imapd is not installed)",
  () => {
    let dovecot: TestDovecot;
    let folders = 0;
    beforeAll(async () => {
      dovecot = await testDovecot();
    });
    afterAll(() => dovecot[Symbol.asyncDispose]());

    it("that is read for the first time gives what comes from then on", async () => {
      await using world = await setup();
      await world.put(mail({ subject: "old" }));
      const watch = world.watch();
      await watch.watching();
      expect(watch.titles()).toEqual([]);
      await world.put(mail({ subject: "new" }));
      await watch.mails(1);
      expect(watch.titles()).toEqual(["new"]);
    });

    it("that is to be read from its start gives what is there, oldest first", async () => {
      await using world = await setup();
      for (const subject of ["1", "2", "3"]) await world.put(mail({ subject }));
      const watch = world.watch({ first: "all" });
      await watch.watching();
      expect(watch.titles()).toEqual(["1", "2", "3"]);
    });

    it("gives what came while nobody watched, once", async () => {
      await using world = await setup();
      const before = world.watch();
      await before.watching();
      await before.stop();
      for (const subject of ["a", "b"]) await world.put(mail({ subject }));
      const after = world.watch();
      await after.watching();
      expect(after.titles()).toEqual(["a", "b"]);
      await after.stop();
      // UID FETCH n:* always names the last mail, whatever n is.
      const again = world.watch();
      await again.watching();
      expect(again.titles()).toEqual([]);
    });

    it("gives a mail that comes while it waits, without the time moving on", async () => {
      await using world = await setup();
      const watch = world.watch();
      expect(await watch.watching()).toMatchObject({ idle: true });
      for (const subject of ["first", "second"]) {
        await world.put(mail({ subject }));
        await watch.mails(subject === "first" ? 1 : 2);
      }
      expect(watch.titles()).toEqual(["first", "second"]);
    });

    it("renews its waiting every four minutes", async () => {
      await using world = await setup();
      const watch = world.watch();
      await watch.watching();
      await world.clock.advance(4 * 60_000 - 1);
      expect(watch.happenings).toHaveLength(1);
      await world.clock.advance(1);
      await watch.watching();
      expect(watch.happenings).toHaveLength(2);
    });

    it("is asked every minute where the server cannot tell of new mail", async () => {
      await using silent = await testDovecot({ idle: false });
      await using world = await setup(silent);
      const watch = world.watch();
      expect(await watch.watching()).toMatchObject({ idle: false });
      await world.put(mail({ subject: "found" }));
      await world.clock.advance(59_999);
      expect(watch.titles()).toEqual([]);
      await world.clock.advance(1);
      await watch.mails(1);
      expect(watch.titles()).toEqual(["found"]);
    });

    it("stays as it was: nothing is marked as read", async () => {
      await using world = await setup();
      await world.put(mail({ subject: "unread" }));
      const watch = world.watch({ first: "all" });
      await watch.watching();
      expect(await world.flags()).toEqual([[]]);
    });

    it("is told who reads it before the folder is opened", async () => {
      await using world = await setup();
      const watch = world.watch();
      await watch.watching();
      expect(dovecot.log()).toMatch(/ID sent: name=yizhan, vendor=yizhan:/);
    });

    it("gives a mail again that could not be stored, and goes on from there", async () => {
      await using world = await setup();
      for (const subject of ["a", "b", "c"]) await world.put(mail({ subject }));
      const watch = world.watch({ first: "all" }, { failOnce: "b" });
      const { retryInMs } = await watch.disconnected();
      expect(watch.titles()).toEqual(["a"]);
      await world.clock.advance(retryInMs);
      await watch.watching();
      expect(watch.titles()).toEqual(["a", "b", "c"]);
    });

    it("gives a mail twice, under one key, when the hub died between storing it and remembering so", async () => {
      await using world = await setup();
      await world.put(mail({ subject: "a" }));
      const first = world.watch({ first: "all" }, { forget: true });
      await first.watching();
      await first.stop();
      const second = world.watch({ first: "all" });
      await second.watching();
      expect([...first.titles(), ...second.titles()]).toEqual(["a", "a"]);
      expect(second.events().map(({ key }) => key)).toEqual(first.events().map(({ key }) => key));
    });

    it("gives two copies of a mail the same key, and two mails without an id different ones", async () => {
      await using world = await setup();
      const twice = mail({ subject: "twice", id: "<copy@example.org>" });
      for (const raw of [twice, twice, mail({ subject: "x", id: null }), mail({ subject: "y", id: null })]) {
        await world.put(raw);
      }
      const watch = world.watch({ first: "all" });
      await watch.watching();
      const keys = watch.events().map(({ key }) => key);
      expect(keys[0]).toBe(keys[1]);
      expect(new Set(keys).size).toBe(3);
    });

    it("whose UIDs start anew is read again from the last days, under the same keys", async () => {
      await using world = await setup();
      const now = world.clock.now();
      const old = mail({ subject: "long ago", id: "<old@example.org>" });
      const recent = mail({ subject: "recent", id: "<recent@example.org>" });
      await world.put(recent, new Date(now));
      const before = world.watch({ first: "all" });
      await before.watching();
      await before.stop();
      await world.recreate();
      await world.put(old, new Date(now - 10 * DAY_MS));
      await world.put(recent, new Date(now));
      await world.put(mail({ subject: "unknown" }), new Date(now));
      const after = world.watch({ first: "all" });
      await after.watching();
      expect(after.titles()).toEqual(["recent", "unknown"]);
      expect(after.events()[0]?.key).toBe(before.events()[0]?.key);
      await world.put(mail({ subject: "next" }));
      await after.mails(3);
      expect(after.titles()).toEqual(["recent", "unknown", "next"]);
    });

    it("that is too large for the limit gives its headers and says so", async () => {
      await using world = await setup();
      await world.put(mail({ subject: "大".repeat(5), body: "x".repeat(200_000) }));
      await world.put(mail({ subject: "small" }));
      const watch = world.watch({ first: "all", max_bytes: 64 * 1024 });
      await watch.watching();
      const [large, small] = watch.events();
      expect(large?.data).toMatchObject({
        title: "大大大大大",
        text: expect.stringContaining("超过上限0.1 MiB"),
        attachments: [],
      });
      expect(small?.data).toMatchObject({ text: "hello" });
      expect(watch.raws()[0]?.byteLength).toBeLessThan(2_000);
    });

    it("gives mails in GBK, bounces and broken ones alike", async () => {
      await using world = await setup();
      const gbk = Buffer.concat([
        Buffer.from(
          "From: a@example.com\r\nSubject: =?gb2312?B?suLK1A==?=\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n",
        ),
        Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
      ]);
      await world.put(gbk);
      await world.put(
        Buffer.from("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n"),
      );
      await world.put(
        Buffer.from(
          [
            "From: MAILER-DAEMON@example.org",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            "",
            "--b\r\nContent-Type: message/delivery-status\r\n",
            "Reporting-MTA: dns; mx\r\n",
            "Final-Recipient: rfc822; gone@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "--b\r\nContent-Type: text/rfc822-headers\r\n",
            "Message-ID: <sent@example.org>\r\n",
            "--b--",
          ].join("\r\n"),
        ),
      );
      const watch = world.watch({ first: "all" });
      await watch.watching();
      expect(watch.events()).toMatchObject([
        { type: "yizhan.message.received", data: { title: "测试", text: "你好" } },
        { type: "yizhan.message.received" },
        { type: "yizhan.message.status", data: { messageId: "<sent@example.org>", state: "failed" } },
      ]);
    });

    it("says where an attachment can be fetched again", async () => {
      await using world = await setup();
      await world.put(
        Buffer.from(
          [
            "From: a@example.com",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b\r\nContent-Type: text/plain\r\n\r\nsee below",
            "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF",
            "--b--",
          ].join("\r\n"),
        ),
      );
      const watch = world.watch({ first: "all" });
      await watch.watching();
      const [event] = watch.events();
      const ref = event?.type === "yizhan.message.received" ? event.data.attachments[0]?.ref : undefined;
      const [uidValidity, uid = "", part = ""] = ref?.split("/") ?? [];
      expect(uidValidity).toBe(world.state()?.uidValidity);
      expect(await world.part(uid, part)).toBe("%PDF");
    });

    it("is read again when the server comes back, and meanwhile ever less often asked", async () => {
      await using world = await setup();
      const watch = world.watch();
      await watch.watching();
      await dovecot.kill();
      const delays: number[] = [];
      for (let tries = 0; tries < 4; tries++) {
        const { retryInMs } = await watch.disconnected();
        delays.push(retryInMs);
        if (tries < 3) await world.clock.advance(retryInMs);
      }
      expect(delays).toEqual([1_000, 2_000, 4_000, 8_000]);
      await dovecot.start();
      await world.put(mail({ subject: "while away" }));
      await world.clock.advance(8_000);
      await watch.watching();
      expect(watch.titles()).toEqual(["while away"]);
    });

    it("that refuses the login is asked seldom, and the password is in no word about it", async () => {
      await using world = await setup();
      const watch = world.watch({ password: "a-wrong-password" });
      const { trouble, retryInMs } = await watch.disconnected();
      expect(trouble).toMatchObject({ code: "login", advice: expect.stringContaining("授权码") });
      expect(retryInMs).toBe(300_000);
      expect(JSON.stringify([watch.happenings, world.logged])).not.toContain("a-wrong-password");
    });

    it("whose folder does not exist says which one", async () => {
      await using world = await setup();
      const watch = world.watch({ mailbox: "Nowhere" });
      expect((await watch.disconnected()).trouble).toMatchObject({
        code: "mailbox",
        advice: expect.stringContaining("Nowhere"),
      });
    });

    it("can be left at any moment, also twice", async () => {
      await using world = await setup();
      const watch = world.watch();
      await watch.stop();
      await watch.stop();
      expect(watch.happenings).toEqual([]);
    });

    /** A folder of its own on the server, and watchers of it that share one memory. */
    async function setup(server = dovecot) {
      const mailbox = `Feed${folders++}`;
      const clock = testClock(Date.now());
      const watches: { stop(): Promise<void> }[] = [];
      const logged: unknown[] = [];
      let state: MailboxState | undefined;
      const withClient = async <Result>(
        use: (client: Awaited<ReturnType<TestDovecot["client"]>>) => Promise<Result>,
      ) => {
        const client = await server.client();
        try {
          return await use(client);
        } finally {
          await client.logout();
        }
      };
      await withClient((client) => client.mailboxCreate(mailbox));
      return {
        clock,
        logged,
        state: () => state,
        put: (raw: Buffer, receivedAt?: Date) => withClient((client) => client.append(mailbox, raw, [], receivedAt)),
        flags: () =>
          withClient(async (client) => {
            await client.mailboxOpen(mailbox, { readOnly: true });
            const all = await client.fetchAll("1:*", { flags: true });
            return all.map(({ flags }) => [...(flags ?? [])].filter((flag) => flag !== "\\Recent"));
          }),
        part: (uid: string, part: string) =>
          withClient(async (client) => {
            await client.mailboxOpen(mailbox, { readOnly: true });
            const fetched = await client.fetchOne(uid, { bodyParts: [part] }, { uid: true });
            return fetched ? fetched.bodyParts?.get(part)?.toString() : undefined;
          }),
        recreate: () =>
          withClient(async (client) => {
            await client.mailboxDelete(mailbox);
            await client.mailboxCreate(mailbox);
          }),
        watch(settings: object = {}, trouble: { failOnce?: string; forget?: boolean } = {}) {
          const mails: ReceivedMail[] = [];
          const happenings: WatchHappening[] = [];
          const listeners = new Set<() => void>();
          let failOnce = trouble.failOnce;
          let seen = 0;
          const changed = () => {
            for (const listener of [...listeners]) listener();
          };
          const until = async <Found>(find: () => Found | undefined): Promise<Found> => {
            for (let found = find(); ; found = find()) {
              if (found !== undefined) return found;
              await new Promise<void>((resolve) => {
                const listener = () => {
                  listeners.delete(listener);
                  resolve();
                };
                listeners.add(listener);
              });
            }
          };
          /** The next one of this kind after those that were waited for. */
          const next = <Kind extends WatchHappening["kind"]>(kind: Kind) =>
            until(() => {
              const index = happenings.findIndex((happening, at) => at >= seen && happening.kind === kind);
              if (index < 0) return undefined;
              seen = index + 1;
              return happenings[index] as Extract<WatchHappening, { kind: Kind }>;
            });
          const watch = watchMailbox({
            account: mailboxAccount.parse({
              imap_host: "127.0.0.1",
              imap_port: server.port,
              tls: "none",
              username: server.user,
              password: server.password,
              mailbox,
              ...settings,
            }),
            clock,
            random: () => 1,
            log: { info: (...line) => logged.push(line), warn: (...line) => logged.push(line) },
            state: {
              load: async () => state,
              save: async (saved) => {
                if (!trouble.forget) state = saved;
              },
            },
            async onMail(mail) {
              if (failOnce !== undefined && titleOf(mail.events[0]) === failOnce) {
                failOnce = undefined;
                throw new Error("the disk is full");
              }
              mails.push(mail);
              changed();
            },
            onHappening(happening) {
              happenings.push(happening);
              changed();
            },
          });
          watches.push(watch);
          return {
            happenings,
            stop: () => watch.stop(),
            watching: () => next("watching"),
            disconnected: () => next("disconnected"),
            mails: (count: number) => until(() => (mails.length >= count ? true : undefined)),
            events: () => mails.flatMap(({ events }) => events),
            titles: () => mails.flatMap(({ events }) => events.map(titleOf)),
            raws: () => mails.map(({ raw }) => raw),
          };
        },
        async [Symbol.asyncDispose]() {
          for (const watch of watches) await watch.stop();
        },
      };
    }
  },
);

describe("a server that is not there", () => {
  it("is tried again, and the address to check is in the advice", async () => {
    const { port } = new URL(await deadOrigin());
    const happened = Promise.withResolvers<WatchHappening>();
    const watch = watchMailbox({
      account: mailboxAccount.parse({
        imap_host: "127.0.0.1",
        imap_port: Number(port),
        tls: "none",
        username: "u",
        password: "p-1234567",
      }),
      clock: testClock(),
      random: () => 0,
      log: { info: () => {}, warn: () => {} },
      state: { load: async () => undefined, save: async () => {} },
      onMail: async () => {},
      onHappening: happened.resolve,
    });
    expect(await happened.promise).toMatchObject({
      kind: "disconnected",
      trouble: { code: "network", advice: expect.stringContaining("imap_port") },
      retryInMs: 500,
    });
    await watch.stop();
  });
});

describe("a mailbox's settings", () => {
  const settings = { imap_host: "imap.example.org", username: "u", password: "p" };

  it("are those of a mailbox with TLS unless told", () => {
    expect(mailboxAccount.parse(settings)).toMatchObject({
      imap_port: 993,
      tls: "implicit",
      tls_verify: true,
      mailbox: "INBOX",
      first: "new",
      poll_seconds: 60,
      max_bytes: 25 * 1024 * 1024,
    });
  });

  it("send the password in clear only over the loopback, or where the operator allows it", () => {
    expect(mailboxAccount.safeParse({ ...settings, tls: "none" }).error?.issues[0]?.message).toContain(
      "allow_insecure_auth",
    );
    for (const allowed of [{ imap_host: "127.0.0.1" }, { allow_insecure_auth: true }]) {
      expect(mailboxAccount.safeParse({ ...settings, tls: "none", ...allowed }).success).toBe(true);
    }
  });
});

let ids = 0;

function mail({ subject, id, body = "hello" }: { subject: string; id?: string | null; body?: string }): Buffer {
  const messageId = id === null ? "" : `Message-ID: ${id ?? `<${++ids}@example.com>`}\r\n`;
  const encoded = `=?utf-8?B?${Buffer.from(subject).toString("base64")}?=`;
  return Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${encoded}\r\n${messageId}\r\n${body}\r\n`);
}

function titleOf(event: ParsedEvent | undefined): string | undefined {
  return event?.type === "yizhan.message.received" ? event.data.title : undefined;
}
