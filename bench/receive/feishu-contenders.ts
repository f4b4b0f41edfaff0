import { createDecipheriv, createSecretKey, hash } from "node:crypto";
import { EventDispatcher } from "@larksuiteoapi/node-sdk";
import type { CallbackRequest } from "../../src/platforms/receiving.ts";
import { hubAccounts } from "./accounts.ts";
import { callbackMaker } from "./callbacks.ts";
import { hubRequest, inputs, receiving } from "./hub-requests.ts";
import type { Contender } from "./side-by-side.ts";

interface Parts {
  readonly request: CallbackRequest;
  readonly body: string;
  readonly encrypted: string;
  readonly signature: string;
  /** What precedes the body in what is signed. */
  readonly signedBefore: string;
}

const { encrypt_key, verification_token } = hubAccounts.feishu;

/** Feishu's encrypted message: the hub, bare crypto without and with reading JSON, and the platform's own SDK. */
export function feishuContenders(): Contender<"hub" | "bare" | "bare-json" | "vendor">[] {
  const make = callbackMaker("feishu");
  const all = Array.from({ length: inputs }, () => partsOf(hubRequest(make())));
  const parts = (n: number): Parts => {
    const found = all[n % inputs];
    if (!found) throw new RangeError(`no input ${n}`);
    return found;
  };
  const receive = receiving("feishu", Date.now());
  // An object made once: with the key's bytes, Node takes longer to make a decipher than to decrypt with it.
  const key = createSecretKey(hash("sha256", encrypt_key, "buffer"));
  const bare = ({ body, encrypted, signature, signedBefore }: Parts): Buffer => {
    if (hash("sha256", signedBefore + body, "hex") !== signature) throw new Error("the signature is wrong");
    const bytes = Buffer.from(encrypted, "base64");
    const decipher = createDecipheriv("aes-256-cbc", key, bytes.subarray(0, 16));
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
  };
  const dispatcher = sdk();
  return [
    { name: "hub", run: (n) => receive(parts(n).request) },
    { name: "bare", run: (n) => bare(parts(n)) },
    {
      name: "bare-json",
      run(n) {
        const each = parts(n);
        return [JSON.parse(each.body), JSON.parse(bare(each).toString("utf8"))];
      },
    },
    {
      name: "vendor",
      async run(n) {
        const { request, body } = parts(n);
        // As its adapters hand it a request: what is signed is the body read and written again, with the headers behind.
        const data: unknown = Object.assign(Object.create({ headers: request.headers }), JSON.parse(body));
        if ((await dispatcher.invoke(data)) !== taken) throw new Error("the SDK did not take a callback");
      },
    },
  ];
}

const taken = "taken";

function sdk(): EventDispatcher {
  const silent = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
  return new EventDispatcher({
    encryptKey: encrypt_key,
    verificationToken: verification_token,
    loggerLevel: 0,
    logger: silent,
  }).register({ "im.message.receive_v1": async () => taken });
}

function partsOf(request: CallbackRequest): Parts {
  const body = Buffer.from(request.body).toString("utf8");
  const { encrypt: encrypted } = JSON.parse(body) as { encrypt: string };
  const header = (name: string) => String(request.headers[name]);
  return {
    request,
    body,
    encrypted,
    signature: header("x-lark-signature"),
    signedBefore: header("x-lark-request-timestamp") + header("x-lark-request-nonce") + encrypt_key,
  };
}
