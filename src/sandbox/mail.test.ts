import { describe, expect, it } from "vitest";
import { readMail } from "./mail.ts";

describe("a mail", () => {
  it.each([
    ["base64", "=?UTF-8?B?5qCH6aKY?=", "标题"],
    ["quoted-printable", "=?utf-8?Q?=E6=A0=87=E9=A2=98_a?=", "标题 a"],
    ["GBK", "=?GBK?B?serM4g==?=", "标题"],
    ["two words, whose gap is nothing", "=?UTF-8?B?5qCH?= =?UTF-8?B?6aKY?=", "标题"],
    ["bare UTF-8", "标题", "标题"],
    ["plain words", "a subject", "a subject"],
    ["an unknown charset", "=?x-none?Q?a?=", "a"],
  ])("with a subject in %s", (_, encoded, subject) => {
    expect(readMail(Buffer.from(`Subject: ${encoded}\r\n\r\n`)).subject).toBe(subject);
  });

  it("with a folded header", () => {
    expect(readMail(Buffer.from("Subject: one\r\n two\r\n\r\n")).subject).toBe("one two");
  });

  it.each([
    ["base64", "base64", "5q2j5paH\r\n", "正文"],
    ["quoted-printable", "quoted-printable", "=E6=AD=A3=\r\n=E6=96=87 =3D x  =\r\ny\r\n", "正文 = x  y"],
    ["quoted-printable with white space that mail servers added", "quoted-printable", "a= \t\r\nb \r\nc\r\n", "ab\nc"],
    ["8bit", "8bit", "正文\r\n第二行\r\n", "正文\n第二行"],
  ])("with a body in %s", (_, encoding, body, text) => {
    const raw = `Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`;
    expect(readMail(Buffer.from(raw)).text).toBe(text);
  });

  it("with nested alternatives", () => {
    const raw = [
      'Content-Type: multipart/mixed; boundary="out er"',
      "",
      "preamble",
      "--out er",
      "Content-Type: multipart/alternative; boundary=in",
      "",
      "--in",
      "Content-Type: text/plain",
      "",
      "plain",
      "--in",
      "Content-Type: text/html",
      "",
      "<b>x</b>",
      "--in--",
      "--out er",
      "Content-Type: application/pdf",
      "",
      "…",
      "--out er--",
      "",
    ].join("\r\n");
    expect(readMail(Buffer.from(raw))).toMatchObject({ text: "plain", html: "<b>x</b>" });
  });

  it("that is no mail at all does no harm", () => {
    expect(readMail(Buffer.alloc(100, 0xff))).toMatchObject({ subject: "" });
    expect(readMail(Buffer.from("Content-Type: multipart/mixed; boundary=x\r\n\r\nnothing"))).toMatchObject({
      text: undefined,
    });
    expect(readMail(Buffer.from("__proto__: x\r\n\r\n")).subject).toBe("");
  });
});
