import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from "node:crypto";
import { decrypt, getSignature } from "@wecom/crypto";
import type { CallbackRequest } from "../../src/platforms/receiving.ts";
import { hubAccounts } from "./accounts.ts";
import { callbackMaker, message } from "./callbacks.ts";
import { hubRequest, inputs, receiving } from "./hub-requests.ts";
import type { Contender } from "./side-by-side.ts";

/** A callback taken apart beforehand: whoever only does the crypto is spared finding what to do it with. */
interface Parts {
  readonly request: CallbackRequest;
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly encrypted: string;
}

/** WeCom's message of 1 KB: the hub, bare crypto, and the vendor's package with everything found for it. */
export function wecomContenders(): Contender<"hub" | "bare" | "vendor">[] {
  const { token, encoding_aes_key } = hubAccounts.wecom;
  const parts = partsOf("wecom", (body) =>
    body.slice(body.indexOf("<Encrypt>") + 9).replace(/^<!\[CDATA\[|(\]\]>)?<\/Encrypt>.*$/gs, ""),
  );
  const receive = receiving("wecom", Date.now());
  const bare = bareCrypto(token, encoding_aes_key);
  return [
    { name: "hub", run: (n) => receive(at(parts, n).request) },
    { name: "bare", run: (n) => bare(at(parts, n)) },
    {
      name: "vendor",
      run(n) {
        const { signature, timestamp, nonce, encrypted } = at(parts, n);
        if (getSignature(token, timestamp, nonce, encrypted) !== signature) throw new Error("the signature is wrong");
        return decrypt(encoding_aes_key, encrypted).message;
      },
    },
  ];
}

/** DingTalk's encrypted event, whose answer is encrypted and signed as well. */
export function dingtalkContenders(): Contender<"hub" | "bare">[] {
  const { token, aes_key } = hubAccounts.dingtalk;
  const parts = partsOf("dingtalk", (body) => (JSON.parse(body) as { encrypt: string }).encrypt);
  const receive = receiving("dingtalk", Date.now());
  const bare = bareCrypto(token, aes_key);
  const { secret, iv } = keyOf(aes_key);
  const plain = Buffer.alloc(64, 32);
  return [
    { name: "hub", run: (n) => receive(at(parts, n).request) },
    {
      name: "bare",
      run(n) {
        const each = at(parts, n);
        bare(each);
        randomBytes(16);
        const cipher = createCipheriv("aes-256-cbc", secret, iv).setAutoPadding(false);
        const sealed = cipher.update(plain, undefined, "base64") + cipher.final("base64");
        return hash("sha1", token + each.timestamp + each.nonce + sealed, "hex");
      },
    },
  ];
}

/** SHA-1 of the parts in order, and AES-256-CBC from base64 to bytes: what nobody can do without. */
function bareCrypto(token: string, encodingAesKey: string): (parts: Parts) => Buffer {
  const { secret, iv } = keyOf(encodingAesKey);
  return ({ signature, timestamp, nonce, encrypted }) => {
    const signed = [token, timestamp, nonce, encrypted].sort().join("");
    if (hash("sha1", signed, "hex") !== signature) throw new Error("the signature is wrong");
    const decipher = createDecipheriv("aes-256-cbc", secret, iv).setAutoPadding(false);
    const frame = decipher.update(encrypted, "base64");
    decipher.final();
    return frame;
  };
}

/** A key object made once: with the key's bytes, Node takes longer to make a decipher than to decrypt with it. */
function keyOf(encodingAesKey: string) {
  const key = Buffer.from(encodingAesKey, "base64");
  return { secret: createSecretKey(key), iv: key.subarray(0, 16) };
}

function partsOf(platform: "wecom" | "dingtalk", encryptedIn: (body: string) => string): Parts[] {
  // DingTalk encrypts events, not messages.
  const event = { event: "join", people: ["zhangsan", "lisi"], chat: "cid1", operator: "wangwu" } as const;
  const make = callbackMaker(platform, platform === "wecom" ? message : event);
  return Array.from({ length: inputs }, () => {
    const signed = make();
    const request = hubRequest(signed);
    const { query } = request;
    return {
      request,
      signature: query.get("msg_signature") ?? query.get("signature") ?? "",
      timestamp: query.get("timestamp") ?? "",
      nonce: query.get("nonce") ?? "",
      encrypted: encryptedIn(signed.request.body),
    };
  });
}

function at(parts: readonly Parts[], n: number): Parts {
  const found = parts[n % inputs];
  if (!found) throw new RangeError(`no input ${n}`);
  return found;
}
