import type { SMTPServerOptions } from "smtp-server";
import { describe, expect, it } from "vitest";
import type { Message } from "../../model/message.ts";
import type { Receipt } from "../../model/receipt.ts";
import { type Expected, platformContract } from "../../testing/platform-contract.ts";
import { aMessage } from "../../testing/samples.ts";
import { deadOrigin } from "../../testing/scripted-server.ts";
import type { Ports } from "../definition.ts";
import { email } from "./index.ts";
import { reply, type TestMailServer, testMailServer } from "./smtp-server-for-tests.ts";

const PASSWORD = "pass-word-1234";

platformContract(email, {
  folder: new URL("./", import.meta.url),
  channel: { email: "ops@example.com" },
  badChannels: [
    { settings: { email: "ops" }, says: /must be an email address: who@example.com/ },
    { settings: { email: "a@b.c\r\nRCPT TO:<x@y.z>" }, says: /must be an email address/ },
    { settings: { email: "Ops <ops@example.com>" }, says: /must be an email address/ },
    { settings: { email: `${"x".repeat(65)}@example.com` }, says: /must be an email address/ },
    { settings: {}, says: /email/ },
  ],
  measure: (payload) => Buffer.byteLength(JSON.stringify(payload)),
  textOf: (payload) => String(payload.text),
  attempts: [
    attempt("an accepted mail", {}, { ok: true }),
    attempt("a mailbox that does not exist", rcpt(550, "5.1.1 no such user"), {
      ok: false,
      kind: "rejected",
      code: "550 5.1.1",
    }),
    attempt("a full mailbox", rcpt(452, "4.2.2 over quota"), { ok: false, kind: "unavailable", code: "452 4.2.2" }),
    attempt("greylisting", rcpt(451, "4.7.1 try again later"), { ok: false, kind: "unavailable" }),
    attempt("a rate limit", rcpt(450, "4.7.1 Error: too many messages"), {
      ok: false,
      kind: "rate-limited",
      retryAfterMs: 300_000,
    }),
    attempt("a mailbox that gets mail too quickly", rcpt(450, "4.2.1 receiving mail too quickly"), {
      ok: false,
      kind: "rate-limited",
    }),
    attempt("a mailbox that is closed for now", rcpt(450, "4.2.1 mailbox disabled"), {
      ok: false,
      kind: "unavailable",
    }),
    attempt("Gmail's limit of the day", rcpt(550, "5.4.5 Daily user sending limit exceeded"), {
      ok: false,
      kind: "rate-limited",
      code: "550 5.4.5",
      retryAfterMs: 3_600_000,
    }),
    attempt("Exchange Online without passwords", rcpt(550, "5.7.30 Basic authentication is not supported"), {
      ok: false,
      kind: "unauthorized",
    }),
    attempt("a policy", dataRefused(554, "5.7.1 message looks like spam"), {
      ok: false,
      kind: "rejected",
      code: "554 5.7.1",
    }),
    attempt("a mail that is too large", dataRefused(552, "5.3.4 too big"), { ok: false, kind: "rejected" }),
    attempt("a server that is closing", rcpt(421, "4.3.2 closing"), { ok: false, kind: "unavailable" }),
    attempt("a reply without an enhanced code", rcpt(550, "no"), { ok: false, kind: "rejected", code: "550" }),
    attempt("a login that is wanted", { authOptional: false }, { ok: false, kind: "unauthorized", code: "530" }),
  ],
});

describe("a mail", () => {
  it("arrives with both parts, the level, and the headers that keep robots from answering", async () => {
    await using server = await testMailServer();
    const message = aMessage({ title: "磁盘将满", body: "使用率 **95%**", level: "error", style: "card" });
    expect(await sendTo(server, { message, account: { from: "驿站 <hub@example.org>" } })).toMatchObject({ ok: true });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: "hub@example.org", to: ["ops@example.com"] });
    const headers = headersOf(mail?.raw);
    expect(decodedWords(headers.subject)).toContain("磁盘将满");
    expect(headers["auto-submitted"]).toBe("auto-generated");
    expect(headers["x-auto-response-suppress"]).toBe("OOF, AutoReply");
    expect(headers.importance).toBe("High");
    expect(headers["x-priority"]).toMatch(/^1\b/);
    expect(new Date(headers.date ?? "").getTime()).toBe(context.createdAt);
    expect(headers["content-type"]).toMatch(/^multipart\/alternative/);
    expect(partsOf(mail?.raw)).toEqual([
      { type: "text/plain", body: expect.stringContaining("使用率 **95%**") },
      { type: "text/html", body: expect.stringContaining("使用率 <strong>95%</strong>") },
    ]);
  });

  it("is not urgent unless it reports an error", async () => {
    await using server = await testMailServer();
    await sendTo(server, { message: aMessage({ level: "warning" }) });
    expect(headersOf(server.mails[0]?.raw).importance).toBeUndefined();
  });

  it("keeps its Message-ID from one attempt to the next, so that a repeat can be recognised", async () => {
    await using server = await testMailServer();
    const first = await sendTo(server, { key: "task-0-0" });
    const again = await sendTo(server, { key: "task-0-0" });
    const other = await sendTo(server, { key: "task-0-1" });
    const ids = server.mails.map(({ raw }) => headersOf(raw)["message-id"]);
    expect(ids[0]).toMatch(/^<[0-9a-f]{40}@example\.org>$/);
    expect(ids).toEqual([ids[0], ids[0], expect.not.stringMatching(ids[0] ?? "")]);
    expect([first, again, other]).toMatchObject(ids.map((messageId) => ({ ok: true, messageId })));
  });

  it("cannot be given headers by its title", async () => {
    await using server = await testMailServer();
    await sendTo(server, { message: aMessage({ title: "x\r\nBcc: thief@example.com\u2028y" }) });
    expect(server.mails[0]?.to).toEqual(["ops@example.com"]);
    expect(headersOf(server.mails[0]?.raw).bcc).toBeUndefined();
  });

  it("says where answers go", async () => {
    await using server = await testMailServer();
    await sendTo(server, { account: { reply_to: "值班 <duty@example.org>" } });
    expect(headersOf(server.mails[0]?.raw)["reply-to"]).toContain("<duty@example.org>");
  });

  it("goes over the connection of the one before", async () => {
    await using server = await testMailServer();
    const sender = email.connect(ports);
    for (const key of ["1", "2", "3"]) await sendTo(server, { key, sender });
    await sender.close?.();
    expect(server.mails).toHaveLength(3);
    expect(server.connections).toBe(1);
  });
});

describe("a refused mail", () => {
  it("does not keep the next one from going out", async () => {
    await using server = await testMailServer({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith("gone") ? reply(550, "5.1.1 gone") : null),
    });
    const sender = email.connect(ports);
    expect(await sendTo(server, { sender, to: "gone@example.com" })).toMatchObject({ ok: false });
    expect(await sendTo(server, { sender, to: "here@example.com" })).toMatchObject({ ok: true });
    await sender.close?.();
  });

  it("is reported in the server's words and with advice", async () => {
    await using server = await testMailServer(rcpt(550, "5.1.1 no such user here"));
    expect(await sendTo(server)).toMatchObject({
      error: { message: expect.stringContaining("no such user here"), advice: expect.stringContaining("收件") },
    });
  });
});

describe("logging in", () => {
  const account = { username: "hub", password: PASSWORD, tls_verify: false };

  it("happens after STARTTLS", async () => {
    await using server = await testMailServer(login);
    expect(await sendTo(server, { account })).toMatchObject({ ok: true });
    expect(server.mails[0]).toMatchObject({ user: "hub", encrypted: true });
  });

  it("happens over TLS from the start", async () => {
    await using server = await testMailServer({ ...login, secure: true });
    expect(await sendTo(server, { account: { ...account, tls: "implicit" } })).toMatchObject({ ok: true });
    expect(server.mails[0]).toMatchObject({ user: "hub", encrypted: true });
  });

  it("is refused for good when the password is wrong, and nobody repeats it", async () => {
    await using server = await testMailServer(login);
    const receipt = await sendTo(server, { account: { ...account, password: `${PASSWORD}-wrong` } });
    expect(receipt).toMatchObject({ ok: false, error: { kind: "unauthorized", code: "535 5.7.8" } });
    expect(JSON.stringify(receipt)).toContain("bad login");
    expect(JSON.stringify(receipt)).not.toContain(PASSWORD);
  });

  it("happens in clear only on the loopback, or where the operator allows it", async () => {
    const clear: SMTPServerOptions = { ...login, hideSTARTTLS: true, allowInsecureAuth: true };
    await using server = await testMailServer(clear);
    expect(await sendTo(server, { account })).toMatchObject({ ok: true });
    expect(server.mails[0]).toMatchObject({ user: "hub", encrypted: false });
    expect(refusals({ ...settings, ...account, smtp_host: "mail.example.org", tls: "none" })).toContain(
      "allow_insecure_auth",
    );
    const allowed = { ...account, smtp_host: "mail.example.org", tls: "none", allow_insecure_auth: true };
    expect(refusals({ ...settings, ...allowed })).toBe("");
  });
});

describe("TLS", () => {
  it("is used when offered, even without a login", async () => {
    await using server = await testMailServer();
    await sendTo(server, { account: { tls_verify: false } });
    expect(server.mails[0]?.encrypted).toBe(true);
  });

  it("takes whatever certificate a server on this machine made up", async () => {
    await using server = await testMailServer();
    expect(await sendTo(server, { account: { tls: "auto", tls_verify: true } })).toMatchObject({ ok: true });
    expect(server.mails[0]?.encrypted).toBe(true);
  });

  it("is not started when it is switched off", async () => {
    await using server = await testMailServer();
    await sendTo(server, { account: { tls: "none" } });
    expect(server.mails[0]?.encrypted).toBe(false);
  });

  it("is missed when it is demanded and not offered, and nothing is sent", async () => {
    await using server = await testMailServer({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
    expect(await sendTo(server, { account: { tls: "starttls" } })).toMatchObject({
      ok: false,
      error: { kind: "rejected", code: "tls" },
    });
    expect(server.mails).toEqual([]);
  });

  for (const tls of ["starttls", "implicit"] as const) {
    it(`refuses a certificate that nobody vouches for (${tls})`, async () => {
      await using server = await testMailServer({ secure: tls === "implicit" });
      expect(await sendTo(server, { account: { tls, tls_verify: true } })).toMatchObject({
        ok: false,
        error: { kind: "rejected", code: "tls", advice: expect.stringContaining("tls_verify") },
      });
      expect(server.mails).toEqual([]);
    });
  }
});

describe("a server that cannot be reached", () => {
  it("is unavailable when nothing listens", async () => {
    const { port } = new URL(await deadOrigin());
    expect(await sendTo({ port: Number(port) })).toMatchObject({
      ok: false,
      error: { kind: "unavailable", code: "network" },
    });
  });

  it("is unavailable when it does not answer in time", async () => {
    await using server = await testMailServer({ onMailFrom: () => {} });
    expect(await sendTo(server, { timeoutMs: 300 })).toMatchObject({
      ok: false,
      error: { kind: "unavailable", code: "timeout" },
    });
  });

  it("is unavailable when it hangs up before its greeting", async () => {
    await using server = await testMailServer({ onConnect: (_session, done) => done(reply(421, "4.3.2 not now")) });
    expect(await sendTo(server)).toMatchObject({ ok: false, error: { kind: "unavailable" } });
  });
});

describe("without an email section", () => {
  it("says what is missing", async () => {
    const channel = email.channel.parse({ email: "ops@example.com" });
    const sender = email.connect(ports);
    const [payload = {}] = email.render(aMessage(), channel, context);
    const receipt = await sender.send({ payload, channel, account: undefined, key: "k", timeoutMs: 1_000 });
    expect(receipt).toMatchObject({ error: { kind: "unauthorized", advice: expect.stringContaining("email") } });
  });
});

describe("the account's settings", () => {
  it("are those of the email section, with safe defaults", () => {
    expect(email.account?.parse({ smtp_host: "smtp.gmail.com", from: "noreply@example.com" })).toMatchObject({
      smtp_port: 587,
      tls: "auto",
      tls_verify: true,
      allow_insecure_auth: false,
    });
  });

  it("are refused with what is wrong", () => {
    expect(refusals({ from: "a@b.c" })).toContain("smtp_host");
    expect(refusals({ ...settings, from: "noreply\r\n@example.com" })).toContain("must be an address");
    expect(refusals({ ...settings, password: "x" })).toContain("must be set when password is");
    expect(refusals({ ...settings, smtp_port: 70_000 })).toContain("smtp_port");
    expect(refusals({ ...settings, smtp_prot: 25 })).toContain("smtp_prot");
  });
});

describe("the address", () => {
  it("does not depend on the case of the domain", () => {
    const of = (address: string) => email.address(email.channel.parse({ email: address }));
    expect(of("Ops@Example.COM")).toBe(of("Ops@example.com"));
    expect(of("Ops@example.com")).not.toBe(of("ops@example.com"));
  });
});

const context = { taskId: "0190b0a0-0000-7000-8000-000000000000", strategy: "all", createdAt: 1_700_000_000_000 };
const settings = { smtp_host: "127.0.0.1", from: "hub@example.org" };
const unused = (): never => {
  throw new Error("mail needs nothing but a socket");
};
const ports: Ports = {
  http: { post: unused },
  now: () => 1_700_000_000_000,
  system: { console: unused, log: unused, inbox: { add: unused }, directory: "/nonexistent" },
};

const login: SMTPServerOptions = {
  authOptional: false,
  onAuth({ username, password }, _session, done) {
    if (username === "hub" && password === PASSWORD) done(null, { user: username });
    // A server that repeats what it was told: its words must not reach a log.
    else done(reply(535, `5.7.8 bad login ${username} ${password}`));
  },
};

interface Sending {
  readonly message?: Message;
  readonly to?: string;
  readonly account?: Readonly<Record<string, unknown>>;
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly sender?: ReturnType<typeof email.connect>;
}

/** Sends over the test server; without TLS unless the account says otherwise. */
async function sendTo({ port }: Pick<TestMailServer, "port">, sending: Sending = {}): Promise<Receipt> {
  const {
    message = aMessage(),
    to = "ops@example.com",
    account = { tls: "none" },
    key = "k",
    timeoutMs = 10_000,
  } = sending;
  const parsed = email.account?.parse({ tls_verify: false, ...settings, smtp_port: port, ...account });
  const channel = email.channel.parse({ email: to });
  const sender = sending.sender ?? email.connect(ports);
  const [payload = {}] = email.render(message, channel, context);
  const receipt = await sender.send({ payload, channel, account: parsed, key, timeoutMs });
  if (!sending.sender) await sender.close?.();
  return receipt;
}

function attempt(name: string, options: SMTPServerOptions, expected: Expected) {
  return {
    name,
    expected,
    attempt: async () => {
      await using server = await testMailServer(options);
      return await sendTo(server);
    },
  };
}

function rcpt(code: number, message: string): SMTPServerOptions {
  return { onRcptTo: (_address, _session, done) => done(reply(code, message)) };
}

function dataRefused(code: number, message: string): SMTPServerOptions {
  return {
    onData(stream, _session, done) {
      stream.on("end", () => done(reply(code, message)));
      stream.resume();
    },
  };
}

function refusals(account: unknown): string {
  const parsed = email.account?.safeParse(account);
  return JSON.stringify(parsed?.error?.issues ?? "").replace(/^""$/, "");
}

function headersOf(raw = ""): Record<string, string> {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  return Object.fromEntries(
    head
      .split("\r\n")
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
}

/** RFC 2047, as far as the mails here use it. */
function decodedWords(text = ""): string {
  return text
    .replace(/\?=\s+=\?UTF-8\?[BQ]\?/gi, "")
    .replace(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, encoding, word) =>
      encoding.toUpperCase() === "B" ? Buffer.from(word, "base64").toString() : unquoted(word.replaceAll("_", " ")),
    );
}

function partsOf(raw = ""): { type: string | undefined; body: string }[] {
  const boundary = /boundary="?([^";\r\n]+)/.exec(raw)?.[1] ?? "";
  const parts = raw.split(`--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const { "content-type": type, "content-transfer-encoding": encoding } = headersOf(part.trimStart());
    const body = part.slice(part.indexOf("\r\n\r\n") + 4);
    const text =
      encoding === "base64" ? Buffer.from(body, "base64").toString() : unquoted(body.replaceAll("=\r\n", ""));
    return { type: type?.split(";")[0], body: text };
  });
}

function unquoted(text: string): string {
  return Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString();
}
