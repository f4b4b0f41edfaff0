import { type App, AppFailure, defineApp } from "../app-calls.ts";
import { openFile } from "../app-file.ts";
import { askToken } from "../app-token.ts";
import { callbackAddresses, mediaFile, tencentTokenCodes, tencentTokenKeys } from "../tencent-app.ts";
import type { WechatOfficialAccount } from "./account.ts";
import { appErrors } from "./app-errors.ts";

const reading = { errors: appErrors, codeKey: "errcode", wordsKey: "errmsg", tokenCodes: tencentTokenCodes };

/** Where pictures and videos are kept: `mmbiz.qpic.cn` and hosts of `qq.com`. */
const fileHosts = ["qq.com", "qpic.cn"];

/** An official account's token, its files and where its callbacks come from. */
export const wechatOfficialApp: App = defineApp<WechatOfficialAccount>({
  identity({ base_url, app_id, secret }) {
    return secret === undefined ? undefined : { base: base_url, id: app_id, secret };
  },
  /**
   * The stable token: asking again gives the same one, so that nobody retires anybody else's. Where that one was
   * refused, a new one is forced, of which there are twenty a day.
   * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
   */
  async token(identity, ports, refused) {
    const ask = (force: boolean) => {
      const { id: appid, secret } = identity;
      const body = JSON.stringify({ grant_type: "client_credential", appid, secret, force_refresh: force });
      const url = `${identity.base.replace(/\/+$/, "")}/cgi-bin/stable_token`;
      const headers = { "content-type": "application/json; charset=utf-8" };
      return askToken(identity, ports, { method: "POST", url, headers, body }, reading, tencentTokenKeys);
    };
    const token = await ask(false);
    return token.token === refused ? ask(true) : token;
  },
  file({ attachment: { ref, url } }, call) {
    const { base_url: base, secret } = call.account;
    if (ref !== undefined && secret !== undefined) return mediaFile(ref, { reading, base, hosts: fileHosts }, call);
    if (url !== undefined) return openFile(url, { base, hosts: fileHosts }, call);
    throw new AppFailure({
      kind: "unauthorized",
      code: "account",
      message: "the account has no secret to get a token with",
      advice: "下载文件需要公众号的 secret：请在账号中填写",
    });
  },
  addresses: (call) => callbackAddresses({ reading, base: call.account.base_url, hosts: fileHosts }, call),
});
