import { type Call, isFilled, objectIn } from "../stand-in.ts";
import { type ApiReply, apiJson, fileReply } from "./api-reply.ts";
import type { ApiState } from "./api-state.ts";

const lifetimeMs = 7_200_000;

/**
 * WeCom's and the official accounts' API. They share paths, so whose call it is the token tells.
 * https://developer.work.weixin.qq.com/document/path/91039, …/90254, …/92520;
 * https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html
 */
export function answerTencent(state: ApiState, call: Call): ApiReply | undefined {
  switch (`${call.method} ${call.path}`) {
    case "GET /cgi-bin/gettoken":
      return wecomToken(state, call);
    case "POST /cgi-bin/stable_token":
      return officialToken(state, call);
    case "GET /cgi-bin/media/get":
      return withHolder(state, call, (platform) => {
        const file = state.file(platform, call.query.get("media_id") ?? "");
        return file ? fileReply(file) : failure(40007, "invalid media_id");
      });
    case "GET /cgi-bin/getcallbackip":
      return withHolder(state, call, (platform) => {
        return apiJson(200, { ip_list: state.addresses.get(platform) ?? [], errcode: 0, errmsg: "ok" });
      });
    default:
      return undefined;
  }
}

function wecomToken(state: ApiState, { query, ip }: Call): ApiReply {
  const [corp, secret] = [query.get("corpid"), query.get("corpsecret")];
  if (!isFilled(corp)) return failure(41002, "corpid missing");
  if (!isFilled(secret)) return failure(41004, "corpsecret missing");
  if (!state.isSecret("wecom", corp, secret)) {
    return failure(
      40001,
      `invalid credential, hint: [1-sandbox], from ip: ${ip}, more info at https://open.work.weixin.qq.com/devtool/query?e=40001`,
    );
  }
  const { token, leftMs } = state.issue("wecom", `${corp} ${secret}`, lifetimeMs);
  return tokenReply(token, leftMs);
}

function officialToken(state: ApiState, { body }: Call): ApiReply {
  const { grant_type, appid, secret, force_refresh } = objectIn(body) ?? {};
  if (grant_type !== "client_credential") return failure(40002, "invalid grant_type");
  if (!isFilled(appid)) return failure(41002, "appid missing");
  if (!isFilled(secret)) return failure(41004, "appsecret missing");
  if (!state.isSecret("wechat-official", appid, secret)) return failure(40125, "invalid appsecret");
  const { token, leftMs } = state.issue("wechat-official", appid, lifetimeMs, force_refresh === true);
  return tokenReply(token, leftMs);
}

function tokenReply(token: string, leftMs: number): ApiReply {
  return apiJson(200, { errcode: 0, errmsg: "ok", access_token: token, expires_in: Math.floor(leftMs / 1000) });
}

function withHolder(
  state: ApiState,
  { query }: Call,
  answer: (platform: "wecom" | "wechat-official") => ApiReply,
): ApiReply {
  const token = query.get("access_token") ?? "";
  if (token === "") return failure(41001, "access_token missing");
  const holder = state.holder(token);
  if (!holder) return failure(token.includes("wechat-official") ? 40001 : 40014, "invalid access_token");
  if (holder.expired) return failure(42001, "access_token expired");
  if (holder.platform !== "wecom" && holder.platform !== "wechat-official")
    return failure(40014, "invalid access_token");
  return answer(holder.platform);
}

function failure(errcode: number, errmsg: string): ApiReply {
  return apiJson(200, { errcode, errmsg });
}
