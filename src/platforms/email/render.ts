import type { Action, Level, Message } from "../../model/message.ts";
import { offered, withLinks } from "../actions.ts";
import { jsonCost, utf8Cost } from "../byte-cost.ts";
import type { RenderContext } from "../definition.ts";
import { shortened } from "../graphemes.ts";
import { headed } from "../headline.ts";
import { type Page, pagesOf } from "../pages.ts";
import { attribute, escaped, htmlOf, preformatted } from "./html.ts";

/** One mail, but for its addresses and its id. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly priority: "high" | "normal";
  /** When the message was pushed. Epoch milliseconds. */
  readonly date: number;
}

/**
 * Largest mail in bytes of JSON. Ours: Gmail shows some 102 KB of a message and hides the rest behind a link; it
 * publishes no number, this one was measured (https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html).
 */
export const MAIL_BYTES = 100 * 1024;

/** More buttons than this become links in the text. */
const BUTTONS = 5;

/**
 * A mail for each page of the body. Almost always one: a body is only split when it does not fit, and then its
 * HTML is what grows, by what it consists of. So pages are tried at a size that suits prose, and then at one where
 * even the worst, a text of ampersands, fits.
 */
export function renderMails(message: Message, context: RenderContext): readonly (Mail & Record<string, unknown>)[] {
  const generous = mails(message, context, 48 * 1024);
  return generous.every((mail) => sizeOf(mail) <= MAIL_BYTES) ? generous : mails(message, context, 10 * 1024);
}

function mails(message: Message, context: RenderContext, bytes: number): (Mail & Record<string, unknown>)[] {
  const { title, body } = headed(message);
  const actions = offered(message, BUTTONS);
  const pages = pagesOf(withLinks(body, actions), { bytes, cost: utf8Cost });
  const footer = `任务 ${shortened(oneLine(context.taskId), 200, jsonCost)} · ${shortened(oneLine(context.strategy), 200, jsonCost)}`;
  return pages.map((page) => {
    const buttons = page.last ? actions.buttons : [];
    return {
      subject: oneLine(title + page.marker),
      text: plain(page, buttons, footer),
      html: document(page, buttons, footer, message, title),
      headers: HEADERS,
      priority: message.level === "error" ? "high" : "normal",
      date: context.createdAt,
    };
  });
}

/**
 * Nobody's holiday answer should come back: https://www.rfc-editor.org/rfc/rfc3834#section-5 and, for Exchange,
 * https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail/ced68690-498a-4567-9d14-5c01f974d8b1
 */
const HEADERS: Mail["headers"] = {
  "Auto-Submitted": "auto-generated",
  "X-Auto-Response-Suppress": "OOF, AutoReply",
};

function plain(page: Page, buttons: readonly Action[], footer: string): string {
  const links = buttons.map(({ text, url }) => `${text}: ${url}`).join("\n");
  return [page.text, links, `-- \n${footer}`].filter((part) => part !== "").join("\n\n");
}

const COLOURS: Readonly<Record<Level, string>> = { info: "#1456f0", warning: "#d97706", error: "#d92d20" };

function document(page: Page, buttons: readonly Action[], footer: string, message: Message, title: string): string {
  const formatted = htmlOf(page.text);
  const fallback = preformatted(page.text);
  // Markup can make the HTML many times as long as its text. Then the text itself is shown.
  const body = formatted.length <= Math.max(fallback.length, 4 * page.text.length) ? formatted : fallback;
  const colour = COLOURS[message.level];
  const links = buttons.map(({ text, url }) => button(text, url, colour)).join(" ");
  const heading = `<h2 style="font-size:18px;margin:0 0 12px;color:${colour}">${escaped(oneLine(title + page.marker))}</h2>`;
  const frame = message.style === "card" ? `;border:1px solid #e5e6eb;border-top:4px solid ${colour};padding:20px` : "";
  return [
    '<!doctype html><html><head><meta charset="utf-8"></head><body style="margin:0;padding:16px">',
    `<div style="max-width:720px;font:14px/1.6 -apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif;color:#1d2129${frame}">`,
    heading,
    body,
    links === "" ? "" : `<p>${links}</p>`,
    `<p style="font-size:12px;color:#86909c">${escaped(footer)}</p>`,
    "</div></body></html>",
  ].join("\n");
}

function button(text: string, url: string, colour: string): string {
  const style = `display:inline-block;padding:6px 16px;background:${colour};color:#fff;text-decoration:none`;
  return `<a href="${attribute(url)}" style="${style}">${escaped(text)}</a>`;
}

/** Nothing that ends up in a header may end it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

function sizeOf(mail: Mail): number {
  return Buffer.byteLength(JSON.stringify(mail));
}
