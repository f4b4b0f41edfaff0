import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReceivedMessage } from "../../model/event-data.ts";
import type { ParsedEvent } from "../receiving.ts";
import { type MailContext, parseMail } from "./receive-mail.ts";
import { newTextOf, TEXT_LENGTH, textOfHtml } from "./receive-text.ts";

const AT = Date.UTC(2026, 10, 21);

describe("a mail", () => {
  it("becomes a message from its sender, with its subject and text, at the time the mailbox got it", async () => {
    const [event] = await read([
      "From: =?utf-8?B?5byg5LiJ?= <Zhang.San@Example.COM>",
      "To: hub@example.org",
      "Date: Mon, 1 Jan 1990 00:00:00 +0000",
      "Subject: =?utf-8?B?56OB55uY?= full",
      "Message-ID: <abc@Mail.Example.COM>",
      "",
      "please look",
    ]);
    expect(event).toEqual({
      type: "yizhan.message.received",
      subject: "Zhang.San@example.com",
      at: AT,
      key: "id:<abc@mail.example.com>",
      data: {
        messageId: "<abc@mail.example.com>",
        kind: "mail",
        chat: { id: "Zhang.San@example.com", name: "张三", kind: "direct" },
        sender: { id: "Zhang.San@example.com", name: "张三" },
        title: "磁盘 full",
        text: "please look",
        mentions: [],
        attachments: [],
        replyTo: undefined,
        thread: undefined,
        automatic: false,
      },
    });
  });

  it("belongs to the thread of the first mail it refers to, and answers the last", async () => {
    const references = "References: <1@a>\r\n <2@a>\r\n\t<3@a>";
    expect(await message([references, "In-Reply-To: <3@a>", "", "x"])).toMatchObject({
      thread: "<1@a>",
      replyTo: "<3@a>",
    });
    expect(await message([references, "", "x"])).toMatchObject({ thread: "<1@a>", replyTo: "<3@a>" });
    expect(await message(["In-Reply-To: <3@a>", "", "x"])).toMatchObject({ thread: "<3@a>", replyTo: "<3@a>" });
  });

  it("without an id is known by its date, sender, subject and text", async () => {
    const keyOf = async (lines: string[]) => (await read(lines))[0]?.key;
    const lines = ["Date: today", "From: a@b.c", "Subject: s", "", "text"];
    expect(await keyOf(["Received: from x", ...lines])).toBe(await keyOf(["Received: from y", ...lines]));
    for (let index = 0; index < lines.length; index++) {
      if (lines[index] === "") continue;
      const other = lines.with(index, `${lines[index]}.`);
      expect(await keyOf(other), lines[index]).not.toBe(await keyOf(lines));
    }
  });

  it("with an id of any length has a short key", async () => {
    const [event] = await read([`Message-ID: <${"x".repeat(900)}@example.com>`, "", ""]);
    expect(event?.key.length).toBeLessThan(300);
  });

  it("from a list is said in the list", async () => {
    expect(await message(["From: a@b.c", 'List-Id: "Ops" <ops.example.org>', "", ""])).toMatchObject({
      chat: { id: "ops.example.org", kind: "group" },
      automatic: true,
    });
  });
});

describe("the text", () => {
  it.each([
    ["gb2312", [0xc4, 0xe3, 0xba, 0xc3], "你好"],
    // 镕 is in GBK and not in GB 2312; 㐂 only in GB 18030, with four bytes. Both come labelled gb2312.
    ["gb2312", [0xe9, 0x46], "镕"],
    ["gb2312", [0x81, 0x39, 0xee, 0x39], "㐀"],
    ["GBK", [0x81, 0x39, 0xee, 0x39], "㐀"],
    ["gb18030", [0x81, 0x39, 0xee, 0x39], "㐀"],
    ["big5", [0xa7, 0x41, 0xa6, 0x6e], "你好"],
    ["iso-2022-jp", [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x1b, 0x28, 0x42], "日"],
    ["utf-8", [0xe4, 0xbd, 0xa0], "你"],
  ])("in %s is read: %j", async (charset, bytes, text) => {
    const head = Buffer.from(`From: a@b.c\r\nContent-Type: text/plain; charset="${charset}"\r\n\r\n`);
    expect(messageOf(await parseMail(Buffer.concat([head, Buffer.from(bytes)]), { receivedAtMs: AT })).text).toBe(text);
    const encoded = Buffer.from(bytes).toString("base64");
    const lines = [
      `Content-Type: text/plain; charset=${charset}`,
      "Content-Transfer-Encoding: base64",
      `Subject: =?${charset}?B?${encoded}?=`,
    ];
    expect(await message([...lines, "", encoded])).toMatchObject({ text, title: text });
  });

  it("of a subject may be cut within a character, as some software does", async () => {
    const [first, second] = [Buffer.from([0xe4, 0xbd]), Buffer.from([0xa0])].map((part) => part.toString("base64"));
    expect(await message([`Subject: =?utf-8?B?${first}?=`, ` =?utf-8?B?${second}?=`, "", ""])).toMatchObject({
      title: "你",
    });
  });

  it("is the plain one where there are two", async () => {
    expect(await message(alternative("plain words", "<p>rich words</p>"))).toMatchObject({ text: "plain words" });
  });

  it("is made of the HTML where there is nothing else", async () => {
    const html =
      '<style>p{}</style><h1>磁盘</h1><p>使用率 <b>95%</b><br>见<a href="https://e.com/x">这里</a></p><img src="x.png">';
    const text = "磁盘\n\n使用率 95%\n见这里 [https://e.com/x]";
    expect(await message(["Content-Type: text/html; charset=utf-8", "", html])).toMatchObject({ text });
    expect(await message(alternative("", html))).toMatchObject({ text });
  });

  it("is cut at a length", async () => {
    const { text } = await message(["", "很".repeat(TEXT_LENGTH)]);
    expect(text.length).toBeLessThanOrEqual(TEXT_LENGTH);
  });
});

describe("what is older than the answer", () => {
  it.each([
    ["Gmail", "好的\n\nOn Fri, Nov 20, 2026 at 9:00 AM Ann <a@b.c> wrote:\n\n> old\n> older"],
    ["Gmail, its long line broken", "好的\n\nOn Fri, Nov 20, 2026 at 9:00 AM Ann Somebody\n<a@b.c> wrote:\n> old"],
    ["Gmail in Chinese", "好的\n\n张三 <a@b.c> 于2026年11月20日周五 09:00写道：\n\n> old"],
    ["Apple Mail", "好的\n\n> 在 2026年11月20日，09:00，Ann <a@b.c> 写道：\n> old"],
    ["NetEase", '好的\n\n\n\n\n\nAt 2026-11-20 09:00:00, "Ann" <a@b.c> wrote:\n>old'],
    ["NetEase on a phone", "好的\n---- 回复的原邮件 ----\n| 发件人 | Ann |\nold"],
    ["QQ", '好的\n\n\n------------------ 原始邮件 ------------------\n发件人: "Ann"<a@b.c>;\nold'],
    ["Outlook", "好的\n\nFrom: Ann <a@b.c>\nSent: Friday\nTo: Hub\nSubject: x\n\nold"],
    ["Outlook in Chinese", "好的\n\n发件人: Ann\n发送时间: 2026年\n收件人: Hub\n主题: x\n\nold"],
    ["old Outlook", "好的\n\n-----Original Message-----\nFrom: Ann\nold"],
    ["our own line", "好的\n—— 请在此行上方回复 / reply above this line ——\nold"],
    ["a signature", "好的\n-- \nAnn, Example Ltd."],
    ["no marks under the line", "好的\n\nOn Fri, Nov 20, 2026 at 9:00 AM Ann <a@b.c> wrote:\n\nold"],
  ])("is left out: %s", (_program, text) => expect(newTextOf(text)).toBe("好的"));

  it("is left out of HTML", () => {
    const quote = '<div class="gmail_quote"><div>On Fri wrote:</div><blockquote>old</blockquote></div>';
    expect(newTextOf(textOfHtml(`<div>好的</div>${quote}`))).toBe("好的");
    expect(newTextOf(textOfHtml("<div>好的</div><blockquote><p>old</p></blockquote>"))).toBe("好的");
  });

  it("is left out between answers, which stay", () => {
    const text = "On Fri, Nov 20, 2026 at 9:00 AM Ann <a@b.c> wrote:\n> first?\nyes\n> second?\nno";
    expect(newTextOf(text)).toBe("yes\nno");
  });

  it("stays when it is all there is", () => {
    const forwarded = "发件人: Ann\n发送时间: 2026年\n收件人: Hub\n主题: x\n\nold";
    expect(newTextOf(forwarded)).toBe(forwarded);
  });

  it.each(["On balance, he wrote:", "From: here to there\nit is far", "写道：\n他来了", "--\tx"])(
    "is not seen in ordinary words: %j",
    (text) => expect(newTextOf(text)).toBe(text),
  );
});

describe("an attachment", () => {
  it("is named, measured and numbered, and its bytes are left out", async () => {
    const data = await message(
      [
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b\r\nContent-Type: text/plain\r\n\r\nwords",
        "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf",
        "Content-Transfer-Encoding: base64\r\n\r\nJVBERg==",
        "--b\r\nContent-Type: image/png; name=a.png\r\nContent-Disposition: inline\r\n\r\nPNG",
        "--b--",
      ],
      { place: "17/4" },
    );
    expect(data.text).toBe("words");
    expect(data.attachments).toEqual([
      { kind: "file", ref: "17/4/2", name: "报告.pdf", bytes: 4 },
      { kind: "image", ref: "17/4/3", name: "a.png", bytes: 3 },
    ]);
  });

  it("may be all of the mail", async () => {
    const data = await message(["Content-Type: audio/mpeg; name=a.mp3", "", "x"], { place: "17/4" });
    expect(data.attachments).toMatchObject([{ kind: "voice", ref: "17/4/1" }]);
  });

  it("is one of at most a hundred", async () => {
    const part = "--b\r\nContent-Type: image/png\r\n\r\nx\r\n";
    const data = await message(["Content-Type: multipart/mixed; boundary=b", "", part.repeat(150)]);
    expect(data.attachments).toHaveLength(100);
  });
});

describe("a mail that no person wrote", () => {
  it.each([
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated; x=y",
    "Return-Path: <>",
    "List-Unsubscribe: <https://e.com>",
    "Precedence: bulk",
    "X-Auto-Response-Suppress: OOF, AutoReply",
    "X-Autoreply: yes",
    "Content-Type: multipart/report; boundary=b",
  ])("is seen by %s", async (header) => {
    expect((await message(["From: ann@example.com", header, "", "x"])).automatic).toBe(true);
  });

  it.each(["MAILER-DAEMON@e.com", "postmaster@e.com", "no-reply@e.com", "noreply+x@e.com", "hub@example.org"])(
    "is seen by its sender: %s",
    async (from) => {
      expect((await message([`From: ${from}`, "", "x"], { own: ["hub@example.org"] })).automatic).toBe(true);
    },
  );

  it.each([
    "Auto-Submitted: no",
    "Auto-Submitted: No (a person)",
    "Return-Path: <ann@example.com>",
    "Precedence: first-class",
  ])("is not seen by %s", async (header) => {
    expect((await message(["From: ann@example.com", header, "", "x"])).automatic).toBe(false);
  });
});

describe("a delivery report", () => {
  const report = (...recipients: string[]) => [
    "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>",
    "Message-ID: <report@mx.example.org>",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    "",
    "--b\r\nContent-Type: text/plain\r\n\r\nSorry.",
    `--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n${recipients.join("\r\n\r\n")}\r\n`,
    "--b\r\nContent-Type: message/rfc822\r\n",
    "Subject: alarm\r\nMessage-ID: <sent@Example.org>\r\n\r\nbody",
    "--b--",
  ];
  const failed =
    "Final-Recipient: rfc822; gone@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n no such user";

  it("tells which mail failed, for whom and why", async () => {
    expect(await read(report(failed))).toEqual([
      {
        type: "yizhan.message.status",
        data: {
          messageId: "<sent@example.org>",
          state: "failed",
          person: { id: "gone@example.com" },
          reason: "5.1.1 550 5.1.1 no such user",
        },
        subject: "gone@example.com",
        at: AT,
        key: "id:<report@mx.example.org>#0",
      },
    ]);
  });

  it("tells of each recipient, and of good ends too", async () => {
    const delivered = "Final-Recipient: rfc822; <here@example.com>\r\nAction: delivered\r\nStatus: 2.0.0";
    const relayed = "Final-Recipient: rfc822; far@example.com\r\nAction: relayed";
    const events = await read(report(failed, delivered, relayed));
    expect(events.map(({ data }) => data)).toMatchObject([
      { state: "failed", person: { id: "gone@example.com" } },
      { state: "delivered", person: { id: "here@example.com" }, reason: undefined },
      { state: "sent", person: { id: "far@example.com" } },
    ]);
    expect(new Set(events.map(({ key }) => key)).size).toBe(3);
  });

  it("that says only that it takes longer is an automatic message", async () => {
    const delayed = "Final-Recipient: rfc822; slow@example.com\r\nAction: delayed\r\nStatus: 4.4.1";
    expect(await message(report(delayed))).toMatchObject({ automatic: true, text: expect.stringContaining("Sorry.") });
  });

  it("that does not say of which mail is an automatic message", async () => {
    const anonymous = report(failed).map((line) => line.replace("Message-ID: <sent@Example.org>", "X: y"));
    expect(await message(anonymous)).toMatchObject({ automatic: true });
  });

  it.each([
    ["QQ", "PostMaster@qq.com", "来自qq.com的退信"],
    ["qmail", "MAILER-DAEMON@example.com", "failure notice"],
  ])("in prose is understood: %s", async (_system, from, subject) => {
    const encoded = `=?utf-8?B?${Buffer.from(subject).toString("base64")}?=`;
    const body =
      "550 no such user.\r\n\r\n--- Below is the mail.\r\n\r\nSubject: x\r\nMessage-ID: <sent@example.org>\r\n\r\nbody";
    expect(await read([`From: ${from}`, `Subject: ${encoded}`, "", body])).toMatchObject([
      { type: "yizhan.message.status", data: { messageId: "<sent@example.org>", state: "failed" } },
    ]);
  });

  it("is not made by a person who quotes one", async () => {
    const body = "see failure notice:\r\nMessage-ID: <sent@example.org>";
    expect(await message(["From: ann@example.com", "Subject: failure notice", "", body])).toMatchObject({
      automatic: false,
    });
  });
});

describe("a mail that was too large", () => {
  it("has its headers, and says how large it was", async () => {
    const tooLarge = { bytes: 30 * 1024 * 1024, limit: 25 * 1024 * 1024 };
    expect(await message(["From: a@b.c", "Subject: big", "", "the start of"], { tooLarge })).toMatchObject({
      title: "big",
      text: "（邮件大小30.0 MiB，超过上限25.0 MiB，未收取正文与附件）",
    });
  });
});

describe("anything at all", () => {
  const numRuns = process.env.CI === "true" ? 100_000 : 500;
  const piece = fc.oneof(
    fc.constantFrom(
      "From: a@b.c\r\n",
      "From: =?gb2312?B?",
      "Subject: =?utf-8?Q?=E4?= =?x?B?",
      "Content-Type: multipart/mixed; boundary=b\r\n",
      "Content-Type: multipart/report; boundary=b\r\n",
      "Content-Type: message/delivery-status\r\n",
      "Content-Type: message/rfc822\r\n",
      "Content-Type: text/html; charset=gb2312\r\n",
      "Content-Type: text/plain; charset=no-such; format=flowed\r\n",
      "Content-Transfer-Encoding: base64\r\n",
      "Content-Transfer-Encoding: quoted-printable\r\n",
      "References: <<>><a",
      "Date: 99 Foo\r\n",
      "--b\r\n",
      "--b--\r\n",
      "\r\n\r\n",
      "<div><table><tr><blockquote>",
      "=\r\n=ZZ",
      "> ",
      "\0",
    ),
    fc.string({ unit: "binary", maxLength: 30 }),
  );

  it("becomes Events that can be written down, and is never thrown at", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), fc.uint8Array({ maxLength: 40 }), async (pieces, tail) => {
        const events = await parseMail(Buffer.concat([Buffer.from(pieces.join("")), tail]), { receivedAtMs: AT });
        expect(events.length).toBeGreaterThan(0);
        expect(JSON.parse(JSON.stringify(events))).toHaveLength(events.length);
      }),
      { numRuns },
    );
  });

  it.each([
    ["tags", "Content-Type: text/html\r\n\r\n", "<div>"],
    ["tags that need no end", "Content-Type: text/html\r\n\r\n", "<p>"],
    ["cells", "Content-Type: text/html\r\n\r\n", "<table><tr><td>x</table>"],
    ["open ends", "Content-Type: text/html\r\n\r\n", "<"],
    ["quotes", "Content-Type: text/html\r\n\r\n", "<blockquote>"],
    ["lines", "\r\n", "> \n"],
    ["attributions", "\r\n", "On 1 "],
    ["dates", "\r\n", "2026写道"],
    ["references", "References: ", "<a@b> "],
    ["header lines", "", "a: b\r\n"],
    ["at signs", "From: ", "@"],
    ["brackets", "From: ", "<"],
  ])("that repeats without end is read in time: %s", { timeout: 5_000 }, async (_what, head, unit) => {
    const events = await parseMail(Buffer.from(head + unit.repeat(1_000_000 / unit.length)), { receivedAtMs: AT });
    expect(events).toHaveLength(1);
  });
});

function alternative(plain: string, html: string): string[] {
  return [
    "Content-Type: multipart/alternative; boundary=b",
    "",
    ...(plain === "" ? [] : [`--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${plain}`]),
    `--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}`,
    "--b--",
  ];
}

function read(lines: readonly string[], context: Partial<MailContext> = {}): Promise<readonly ParsedEvent[]> {
  return parseMail(Buffer.from(lines.join("\r\n")), { receivedAtMs: AT, ...context });
}

async function message(lines: readonly string[], context: Partial<MailContext> = {}): Promise<ReceivedMessage> {
  return messageOf(await read(lines, context));
}

function messageOf(events: readonly ParsedEvent[]): ReceivedMessage {
  const [event] = events;
  if (event?.type !== "yizhan.message.received") throw new Error(`no message: ${JSON.stringify(events)}`);
  return event.data;
}
