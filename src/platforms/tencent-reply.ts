import { cdata } from "./flat-xml.ts";
import type { CallbackAnswer } from "./receiving.ts";
import type { ReplyContent } from "./replying.ts";
import { sealFrame, signatureOf } from "./tencent-crypto.ts";

/** What both WeCom apps and official accounts can answer a callback with. */
export type CommonReply =
  | { readonly kind: "text" /** At most 2048 bytes of UTF-8. */; readonly content: string }
  | { readonly kind: "image" | "voice"; readonly mediaId: string }
  | { readonly kind: "video"; readonly mediaId: string; readonly title?: string; readonly description?: string }
  | { readonly kind: "news" /** 1 to 8. */; readonly articles: readonly Article[] };

export interface Article {
  readonly title: string;
  readonly description?: string;
  readonly url: string;
  readonly picUrl?: string;
}

/** The two ends of the callback, now the other way round. */
export interface ReplyEnds {
  /** Its FromUserName. */
  readonly to: string;
  /** Its ToUserName: the corp id, or the account's `gh_…`. */
  readonly from: string;
}

/** What a reply is sealed with. */
export interface ReplySeal {
  readonly token: string;
  readonly key: Buffer;
  readonly receiver: string;
}

export interface ReplyContext {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly randomBytes: (bytes: number) => Uint8Array;
}

/** Elements under the platform's names; a list repeats its element. */
export interface ReplyFields {
  readonly [name: string]: ReplyValue;
}
export type ReplyValue = string | number | ReplyFields | readonly ReplyValue[] | undefined;

/** The reply's own XML, not yet sealed. */
export function replyXml({ to, from }: ReplyEnds, msgType: string, body: ReplyFields, nowMs: number): string {
  const createTime = Math.floor(nowMs / 1000);
  const fields = { ToUserName: to, FromUserName: from, CreateTime: createTime, MsgType: msgType, ...body };
  return `<xml>${elements(fields)}</xml>`;
}

/** The common reply that these parts are; undefined when they are none of them. */
export function commonReplyIn({ text, image, voice, video, articles }: ReplyContent): CommonReply | undefined {
  if (text !== undefined) return { kind: "text", content: text };
  if (image !== undefined) return { kind: "image", mediaId: image };
  if (voice !== undefined) return { kind: "voice", mediaId: voice };
  if (video !== undefined) return { kind: "video", mediaId: video.media, ...titled(video) };
  if (articles === undefined) return undefined;
  const shown = articles.map(({ title, description, url, picture }) => ({
    title,
    url,
    ...(description === undefined ? {} : { description }),
    ...(picture === undefined ? {} : { picUrl: picture }),
  }));
  return { kind: "news", articles: shown };
}

/**
 * The element of each common reply.
 *
 * @throws RangeError for what the platform would not show: a text over 2048 bytes, no article or more than 8.
 */
export function commonFields(reply: CommonReply): ReplyFields {
  switch (reply.kind) {
    case "text":
      atMost(reply.content, 2048, "a passive reply's text");
      return { Content: reply.content };
    case "image":
      return { Image: { MediaId: reply.mediaId } };
    case "voice":
      return { Voice: { MediaId: reply.mediaId } };
    case "video":
      return { Video: { MediaId: reply.mediaId, Title: reply.title, Description: reply.description } };
    case "news":
      return newsFields(reply.articles);
  }
}

/** @throws RangeError when the text has more bytes of UTF-8 than that. */
export function atMost(text: string, bytes: number, what: string): void {
  const used = Buffer.byteLength(text);
  if (used > bytes) throw new RangeError(`${what} has ${used} bytes, and at most ${bytes} are shown`);
}

/** The encrypted envelope of a reply: https://developer.work.weixin.qq.com/document/path/90930 */
export function sealedXml(plain: string, seal: ReplySeal, { nowMs, randomBytes }: ReplyContext): CallbackAnswer {
  const encrypted = sealFrame(plain, seal.key, seal.receiver, randomBytes(16));
  const timestamp = Math.floor(nowMs / 1000);
  const nonce = Buffer.from(randomBytes(8)).toString("hex");
  const signature = signatureOf(seal.token, String(timestamp), nonce, encrypted);
  const envelope = { Encrypt: encrypted, MsgSignature: signature, TimeStamp: timestamp, Nonce: nonce };
  return xmlAnswer(`<xml>${elements(envelope)}</xml>`);
}

export function xmlAnswer(body: string): CallbackAnswer {
  return { status: 200, contentType: "application/xml; charset=utf-8", body };
}

function titled({ title, description }: { title?: string | undefined; description?: string | undefined }) {
  return { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
}

function newsFields(articles: readonly Article[]): ReplyFields {
  if (articles.length < 1 || articles.length > 8) {
    throw new RangeError(`a passive reply shows 1 to 8 articles, not ${articles.length}`);
  }
  const item = articles.map(({ title, description, url, picUrl }) => {
    return { Title: title, Description: description, Url: url, PicUrl: picUrl };
  });
  return { ArticleCount: articles.length, Articles: { item } };
}

function elements(fields: ReplyFields): string {
  return Object.entries(fields)
    .map(([name, value]) => element(name, value))
    .join("");
}

function element(name: string, value: ReplyValue): string {
  if (value === undefined) return "";
  if (isList(value)) return value.map((item) => element(name, item)).join("");
  const inner = typeof value === "object" ? elements(value) : typeof value === "number" ? String(value) : cdata(value);
  return `<${name}>${inner}</${name}>`;
}

function isList(value: ReplyValue): value is readonly ReplyValue[] {
  return Array.isArray(value);
}
