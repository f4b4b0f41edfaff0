import { type App, AppFailure, defineApp, type WantedFile } from "../app-calls.ts";
import { openFile } from "../app-file.ts";
import { askToken } from "../app-token.ts";
import { addressOf, callbackAddresses, mediaFile, tencentTokenCodes, tencentTokenKeys } from "../tencent-app.ts";
import type { WecomAccount, WecomAppAccount, WecomBotAccount } from "./account.ts";
import { decryptedFile, keyOf } from "./app-decrypt.ts";
import { errors } from "./errors.ts";

const reading = { errors, codeKey: "errcode", wordsKey: "errmsg", tokenCodes: tencentTokenCodes };

/** Where files of robots are kept, beside the platform's own domain. */
const fileHosts = ["qq.com", "myqcloud.com"];

/** A self-built app's token, its files and where its callbacks come from; an intelligent robot's files. */
export const wecomApp: App = defineApp<WecomAccount>({
  identity(account) {
    if (account.kind !== "app" || account.secret === undefined) return undefined;
    return { base: account.base_url, id: account.corp_id, secret: account.secret };
  },
  /** https://developer.work.weixin.qq.com/document/path/91039 */
  token(identity, ports) {
    const url = addressOf(identity, "gettoken", { corpid: identity.id, corpsecret: identity.secret });
    return askToken(identity, ports, { method: "GET", url }, reading, tencentTokenKeys);
  },
  file(wanted, call) {
    const { account } = call;
    if (account.kind === "bot") return robotFile(wanted, account, call);
    return mediaFile(wanted.attachment.ref ?? "", apiOf(account), call);
  },
  addresses: (call) => callbackAddresses(apiOf(call.account), call),
});

function apiOf(account: WecomAccount) {
  return { reading, base: (account as WecomAppAccount).base_url, hosts: fileHosts };
}

/**
 * The address is good for five minutes, and what is there is encrypted: with the account's key, or over a long
 * connection with one that stands beside the address.
 * https://developer.work.weixin.qq.com/document/path/100719
 */
async function robotFile(
  { attachment, raw }: WantedFile,
  account: WecomBotAccount,
  ports: Parameters<typeof openFile>[2],
) {
  const address = attachment.url ?? "";
  const key = keyOf((await raw()) ?? "", address) || account.encoding_aes_key;
  if (key === undefined) {
    throw new AppFailure({
      kind: "rejected",
      code: "file-key",
      message: "the file is encrypted, and neither the message nor the account has a key",
      advice: "缺少解密文件的密钥：请检查账号的 encoding_aes_key",
    });
  }
  const file = await openFile(
    address,
    { base: account.stream_url ?? "https://qyapi.weixin.qq.com", hosts: fileHosts },
    ports,
  );
  // The header tells of the encrypted bytes.
  return { name: file.name, contentType: undefined, chunks: decryptedFile(file.chunks, key) };
}
