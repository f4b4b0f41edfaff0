import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aMessage } from "../../testing/samples.ts";
import { htmlOf } from "./html.ts";
import { MAIL_BYTES, renderMails } from "./render.ts";

const context = { taskId: "task-1", strategy: "failover", createdAt: 1_700_000_000_000 };

describe("the HTML of a body", () => {
  it("is CommonMark, with the author's line breaks", () => {
    expect(htmlOf("a **b**\nc")).toBe("<p>a <strong>b</strong><br>\nc</p>\n");
  });

  it("shows raw HTML as it was typed", () => {
    expect(htmlOf("<script>alert(1)</script>")).toContain("&lt;script&gt;");
    expect(htmlOf('a <img src=x onerror="alert(1)"> b')).not.toContain("<img");
  });

  it("links to http, https and mailto only", () => {
    expect(htmlOf("[a](https://example.com/?a=1&b=2)")).toContain('href="https://example.com/?a=1&amp;b=2"');
    expect(htmlOf("[a](mailto:ops@example.com)")).toContain('href="mailto:ops@example.com"');
    for (const url of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "file:///x",
      "/x",
      "//x",
    ]) {
      expect(htmlOf(`[a](${url}) <${url}>`)).not.toContain("href");
    }
  });

  it("loads no pictures", () => {
    expect(htmlOf("![chart](https://example.com/pixel.png)")).not.toContain("<img");
    expect(htmlOf("![chart](https://example.com/pixel.png)")).toContain('href="https://example.com/pixel.png"');
  });

  it("never holds a tag that the renderer did not make, whatever the body", () => {
    const made =
      /^<\/?(?:p|br|strong|em|s|a|code|pre|blockquote|ul|ol|li|h[1-6]|hr|table|thead|tbody|tr|th|td)(?: (?:href|title|style|class|start)="[^"<>]*")*>$/;
    const piece = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("<", ">", '"', "'", "](", "![", "<a href=", "```", "|", "\n", "javascript:", "&lt;", "&#60;"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        for (const [tag] of htmlOf(pieces.join("")).matchAll(/<[^>]*>?/g)) expect(tag).toMatch(made);
      }),
    );
  });

  it("takes a body that nests without end", () => {
    expect(() => htmlOf(">".repeat(50_000))).not.toThrow();
    expect(() => htmlOf("[".repeat(50_000))).not.toThrow();
  });
});

describe("a mail's frame", () => {
  it("offers the actions as links, in both parts", () => {
    const actions = [{ text: "查看 <b>", url: 'https://example.com/?a="x"&b=1' }];
    const [mail] = renderMails(aMessage({ actions }), context);
    expect(mail?.text).toContain("https://example.com/?a=%22x%22&b=1");
    expect(mail?.html).toContain('href="https://example.com/?a=%22x%22&amp;b=1"');
    expect(mail?.html).toContain("查看 &lt;b&gt;</a>");
  });

  it("escapes the title, and names the task", () => {
    const [mail] = renderMails(aMessage({ title: "<b>x</b> & y" }), context);
    expect(mail?.html).toContain("&lt;b&gt;x&lt;/b&gt; &amp; y");
    expect(mail?.text).toContain("task-1");
  });

  it("has one line in its subject, whatever the title", () => {
    const [mail] = renderMails(aMessage({ title: "a\r\nBcc: b\u0085c\u2029d" }), context);
    expect(mail?.subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  });
});

describe("a body that one mail has no room for", () => {
  it("becomes several, numbered, with the actions on the last", () => {
    const body = "很长的一行\n".repeat(20_000);
    const actions = [{ text: "查看", url: "https://example.com/" }];
    const mails = renderMails(aMessage({ title: "日志", body, actions }), context);
    expect(mails.length).toBeGreaterThan(1);
    mails.forEach((mail, index) => {
      const isLast = index === mails.length - 1;
      expect(mail.subject).toContain(`(${index + 1}/${mails.length})`);
      expect(mail.html.includes("https://example.com/")).toBe(isLast);
      expect(mail.text.includes("https://example.com/")).toBe(isLast);
    });
  });

  it("keeps every mail within the limit, however its HTML grows", () => {
    const actions = Array.from({ length: 8 }, () => ({
      text: "&".repeat(90),
      url: `https://e.com/?${"&".repeat(950)}`,
    }));
    for (const piece of [
      "&",
      '"',
      "<",
      "`a`",
      "*a* ",
      "- a\n",
      "> a\n\n",
      "|a|b|\n",
      "[a](https://b.c) ",
      "\u0001",
      "\\",
      "😀",
      "|a|\n|-|\n\n",
    ]) {
      const body = piece.repeat(150_000 / piece.length);
      for (const mail of renderMails(aMessage({ title: "&".repeat(500), body, style: "card", actions }), context)) {
        expect(Buffer.byteLength(JSON.stringify(mail)), piece).toBeLessThanOrEqual(MAIL_BYTES);
      }
    }
  });
});
