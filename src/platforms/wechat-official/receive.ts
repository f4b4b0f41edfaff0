import { type Callback, type CallbackRequest, defineReceiver, type ReceiveContext, refusal } from "../receiving.ts";
import {
  bodyOf,
  echoed,
  encryptedIn,
  fieldsOf,
  found,
  nonceOf,
  openSigned,
  refused,
  type Stamp,
  type Step,
  stampOf,
  textAnswer,
} from "../tencent-callback.ts";
import { frameKey } from "../tencent-crypto.ts";
import { type WechatOfficialAccount, wechatOfficialAccount } from "./account.ts";
import { officialEvents } from "./events.ts";
import { officialWay } from "./replying.ts";

/**
 * Callbacks of WeChat official accounts (公众号, 服务号).
 * https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
 */
export const wechatOfficialReceiver = defineReceiver<WechatOfficialAccount>({
  account: wechatOfficialAccount,
  receive(request, account, context) {
    if (request.method === "GET") return check(request, account, context);
    if (request.method !== "POST") return refusal("malformed", "WeChat calls with GET to check and POST to tell");
    const isPlain = account.mode === "plain";
    const read = isPlain ? plainMessage(request, account, context) : sealedMessage(request, account, context);
    if (!read.ok) return read.refused;
    const { stamp, text } = read.found;
    const fields = fieldsOf(text);
    if (!fields.ok) return fields.refused;
    const events = officialEvents(fields.found, stamp.atMs);
    // Anything but this word or nothing shows the follower that the account is out of order.
    return { kind: "events", events, answer: textAnswer("success"), raw: text, nonce: nonceOf(stamp) };
  },
  way: (raw, _request, account) => officialWay(raw, account),
});

interface Read {
  readonly stamp: Stamp;
  readonly text: string;
}

/** Not encrypted in any mode, and signed without its text, which is given back as it came. */
function check(request: CallbackRequest, { token }: WechatOfficialAccount, { nowMs }: ReceiveContext): Callback {
  const stamp = stampOf(request, "signature", { token }, nowMs);
  return stamp.ok ? echoed(request.query.get("echostr") ?? "") : stamp.refused;
}

/**
 * Compatible mode sends the fields twice, and signs only the encrypted ones: the others are not looked at, and a body
 * without the encrypted ones is not taken, or whoever once saw a signature could write their own.
 */
function sealedMessage(request: CallbackRequest, account: WechatOfficialAccount, context: ReceiveContext): Step<Read> {
  const body = bodyOf(request);
  if (!body.ok) return body;
  const encrypted = encryptedIn(body.found.fields);
  if (encrypted === undefined) {
    return refused("malformed", "the body has no Encrypt: is the admin page set to plain mode, and this account not?");
  }
  const stamp = stampOf(request, "msg_signature", { token: account.token, encrypted }, context.nowMs);
  if (!stamp.ok) return stamp;
  const opened = openSigned(encrypted, keysOf(account), account.app_id);
  return opened.ok ? found({ stamp: stamp.found, text: opened.found }) : opened;
}

function plainMessage(
  request: CallbackRequest,
  { token }: WechatOfficialAccount,
  { nowMs }: ReceiveContext,
): Step<Read> {
  const stamp = stampOf(request, "signature", { token }, nowMs);
  if (!stamp.ok) return stamp;
  const body = bodyOf(request);
  if (!body.ok) return body;
  if (encryptedIn(body.found.fields) !== undefined) {
    return refused("malformed", "the body is encrypted: set the account's mode to safe and give its encoding_aes_key");
  }
  return found({ stamp: stamp.found, text: body.found.text });
}

function keysOf({ encoding_aes_key, previous_encoding_aes_key }: WechatOfficialAccount): Buffer[] {
  return [encoding_aes_key, previous_encoding_aes_key].filter((key) => key !== undefined).map(frameKey);
}
