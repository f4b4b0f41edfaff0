import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AppCall, AppFailure } from "../app-calls.ts";
import { hasDovecot, type TestDovecot, testDovecot } from "./dovecot-for-tests.ts";
import { type MailboxAccount, mailboxAccount } from "./imap-account.ts";
import { mailboxFiles } from "./imap-file.ts";

const isHere = hasDovecot();

describe.skipIf(!isHere)(
  isHere ? "a file in a mail on Dovecot" : "a file in a mail on Dovecot (dovecot-imapd is not installed)",
  () => {
    let dovecot: TestDovecot;
    let folders = 0;
    beforeAll(async () => {
      dovecot = await testDovecot();
    });
    afterAll(() => dovecot[Symbol.asyncDispose]());

    it("is fetched by UIDVALIDITY, UID and part, with its type and name, also over several questions", async () => {
      const large = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => at % 253));
      const { fetch, place } = await setup([
        part("application/pdf", "帐单.pdf", large),
        part("image/png", "b.png", png),
      ]);
      expect(await fetch(`${place}/2`)).toEqual({ type: "application/pdf", name: "帐单.pdf", bytes: large });
      expect(await fetch(`${place}/3`)).toEqual({ type: "image/png", name: "b.png", bytes: png });
    });

    it("that is text is not made another text: its bytes and its charset stay", async () => {
      const gbk = Buffer.from([0xc4, 0xe3, 0xba, 0xc3]);
      const { fetch, place } = await setup([part("text/plain; charset=gbk", "a.txt", gbk)]);
      expect(await fetch(`${place}/2`)).toEqual({ type: "text/plain; charset=gbk", name: "a.txt", bytes: gbk });
    });

    it("leaves the mail unread", async () => {
      const { fetch, place, flags } = await setup([part("image/png", "b.png", png)]);
      await fetch(`${place}/2`);
      expect(await flags()).toEqual([[]]);
    });

    it("is gone with its mail, and when the folder was made anew", async () => {
      const { fetch, place, uidValidity, remove } = await setup([part("image/png", "b.png", png)]);
      const gone = { error: { kind: "rejected", code: "file-gone" } };
      await expect(fetch(`${uidValidity}/999/2`)).rejects.toMatchObject(gone);
      await expect(fetch(`${uidValidity + 1n}/1/2`)).rejects.toMatchObject(gone);
      for (const ref of ["", "1/2", "a/b/c", `${place}/2 BODY[]`, `${place}/TEXT`])
        await expect(fetch(ref), ref).rejects.toMatchObject(gone);
      await remove();
      await expect(fetch(`${place}/2`)).rejects.toMatchObject(gone);
    });

    it("waits for a person when the login is refused, and for another time when nobody answers", async () => {
      const { fetch, place } = await setup([part("image/png", "b.png", png)]);
      const refused: AppFailure = await fetch(`${place}/2`, { password: "wrong-secret" }).catch((error) => error);
      expect(refused.error).toMatchObject({ kind: "unauthorized", code: "login" });
      expect(JSON.stringify(refused.error)).not.toContain("wrong-secret");
      await expect(fetch(`${place}/2`, { imap_port: 9 })).rejects.toMatchObject({ error: { kind: "unavailable" } });
    });

    it("breaks off when the hub stops", async () => {
      const stopping = new AbortController();
      const large = Buffer.alloc(4_000_000, 7);
      const { open, place } = await setup([part("application/pdf", "a.pdf", large)], stopping.signal);
      const { chunks } = await open(`${place}/2`);
      const reading = (async () => {
        for await (const _ of chunks) stopping.abort();
      })();
      await expect(reading).rejects.toMatchObject({ error: { kind: "unavailable" } });
      await expect(open(`${place}/2`)).rejects.toMatchObject({ error: { kind: "unavailable" } });
    });

    /** A folder with one mail that has these parts behind its text. */
    async function setup(parts: readonly string[], stopping = new AbortController().signal) {
      const mailbox = `files${++folders}`;
      const withClient = async <T>(work: (client: Awaited<ReturnType<TestDovecot["client"]>>) => Promise<T>) => {
        const client = await dovecot.client();
        try {
          return await work(client);
        } finally {
          await client.logout();
        }
      };
      const opened = await withClient(async (client) => {
        await client.mailboxCreate(mailbox);
        const body = ["Content-Type: text/plain\r\n\r\nsee", ...parts].map((each) => `--b\r\n${each}\r\n`).join("");
        const head = 'From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"';
        await client.append(mailbox, Buffer.from(`${head}\r\n\r\n${body}--b--\r\n`, "latin1"));
        return client.mailboxOpen(mailbox);
      });
      const settings = (changes: Partial<MailboxAccount>) =>
        mailboxAccount.parse({
          imap_host: "127.0.0.1",
          imap_port: dovecot.port,
          tls: "none",
          username: dovecot.user,
          password: dovecot.password,
          mailbox,
          ...changes,
        });
      const app = mailboxFiles(stopping);
      const open = async (ref: string, changes: Partial<MailboxAccount> = {}) => {
        const wanted = { attachment: { kind: "file", ref }, messageId: "m", raw: async () => undefined } as const;
        const call = { account: settings(changes), timeoutMs: 10_000 } as unknown as AppCall<unknown>;
        const file = await app.file?.(wanted, call);
        if (!file) throw new Error("mailboxes have files");
        return file;
      };
      return {
        open,
        uidValidity: opened.uidValidity,
        place: `${opened.uidValidity}/1`,
        async fetch(ref: string, changes?: Partial<MailboxAccount>) {
          const { chunks, contentType: type, name } = await open(ref, changes);
          const read: Uint8Array[] = [];
          for await (const chunk of chunks) read.push(chunk);
          return { type, name, bytes: Buffer.concat(read) };
        },
        flags: () =>
          withClient(async (client) => {
            await client.mailboxOpen(mailbox, { readOnly: true });
            return (await client.fetchAll("1:*", { flags: true })).map(({ flags }) => [...(flags ?? [])]);
          }),
        remove: () =>
          withClient(async (client) => {
            await client.mailboxOpen(mailbox);
            await client.messageDelete("1:*");
          }),
      };
    }
  },
);

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);

function part(type: string, name: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,76}/g) ?? [];
  const named = `=?utf-8?B?${Buffer.from(name).toString("base64")}?=`;
  const head = `Content-Type: ${type}\r\nContent-Disposition: attachment; filename="${named}"\r\n`;
  return `${head}Content-Transfer-Encoding: base64\r\n\r\n${lines.join("\r\n")}`;
}
