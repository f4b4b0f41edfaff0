import { sameText } from "../constant-time.ts";
import { objectOf, statusProblem } from "./answers.ts";
import type { HubAnswer, Judgement } from "./call.ts";
import { type FrameKey, openFrame, sha1OfSorted } from "./frame.ts";
import { textOfElement } from "./xml.ts";

/** The secrets that callbacks and their answers are sealed with. */
export interface Seal extends FrameKey {
  readonly token: string;
}

/** A sealed text with its signature, as it travels in either direction. */
export interface SealedText {
  readonly encrypt: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
}

/**
 * An answer to an event in WeCom's and WeChat's way: empty, `success`, or a reply to the person in an envelope.
 * Without a `seal` replies are plain XML.
 * Source: https://developer.work.weixin.qq.com/document/path/90241,
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
 */
export function judgePassiveReply(answer: HubAnswer, seal: Seal | undefined): Judgement {
  const refused = statusProblem(answer);
  if (refused) return refused;
  const { body } = answer;
  if (body === "" || body === "success") return { verdict: "accepted" };
  if (!seal) return judgePlainXml(body);
  const sealed = sealedTextOf(body);
  if (!sealed) return faulty("the body is neither empty, nor success, nor an encrypted reply");
  const opened = openSealed(sealed, seal);
  if (typeof opened !== "string") return opened;
  return body.trimStart().startsWith("{") ? judgeJson(opened) : judgePlainXml(opened);
}

/** What a sealed text says; a judgement that says why it cannot be opened. */
export function openSealed(sealed: SealedText, seal: Seal): string | Judgement {
  const { encrypt, signature, timestamp, nonce } = sealed;
  if (!sameText(signature, sha1OfSorted(seal.token, timestamp, nonce, encrypt))) {
    return faulty("the reply's signature does not match its token, timestamp, nonce and ciphertext");
  }
  try {
    return openFrame(encrypt, seal);
  } catch (cause) {
    return faulty(`the reply cannot be decrypted: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function judgePlainXml(xml: string): Judgement {
  const kind = textOfElement(xml, "MsgType");
  if (!kind) return faulty("the reply is no XML with a MsgType");
  for (const name of ["ToUserName", "FromUserName", "CreateTime"]) {
    if (!textOfElement(xml, name)) return faulty(`the reply has no ${name}`);
  }
  return { verdict: "accepted", reply: xml };
}

function judgeJson(text: string): Judgement {
  const reply = objectOf(text);
  return reply ? { verdict: "accepted", reply } : faulty("the decrypted reply is no JSON object");
}

/** From XML or JSON; the numbers in it may be either numbers or text. */
function sealedTextOf(body: string): SealedText | undefined {
  const fields = body.trimStart().startsWith("{") ? jsonFields(body) : xmlFields(body);
  const [encrypt, signature, timestamp, nonce] = fields;
  return encrypt && signature && timestamp && nonce ? { encrypt, signature, timestamp, nonce } : undefined;
}

function xmlFields(body: string): (string | undefined)[] {
  return ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map((name) => textOfElement(body, name));
}

function jsonFields(body: string): (string | undefined)[] {
  const fields = objectOf(body) ?? {};
  return ["encrypt", "msgsignature", "timestamp", "nonce"].map((name) =>
    fields[name] === undefined ? undefined : String(fields[name]),
  );
}

function faulty(problem: string): Judgement {
  return { verdict: "faulty", problem };
}
