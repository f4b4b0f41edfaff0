import { type Call, type Fields, isFilled, objectIn } from "../stand-in.ts";
import { type ApiReply, apiJson, fileReply } from "./api-reply.ts";
import type { ApiState } from "./api-state.ts";

const lifetimeMs = 7_200_000;
const pageMost = 100;

/**
 * A Feishu app's token, files of messages and readers:
 * https://open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal,
 * https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/read_users
 */
export function answerFeishuApi(state: ApiState, call: Call): ApiReply | undefined {
  if (call.method === "POST" && call.path === "/open-apis/auth/v3/tenant_access_token/internal") {
    return tokenReply(state, call);
  }
  const found = /^\/open-apis\/im\/v1\/messages\/([^/]+)\/(?:resources\/([^/]+)|(read_users))$/.exec(call.path);
  if (!found || call.method !== "GET") return undefined;
  const refused = refusalOf(state, call);
  if (refused) return refused;
  const [, message = "", key] = found.map((part) => part && decodeURIComponent(part));
  if (key === undefined) return readers(state, call, message);
  const type = call.query.get("type");
  const file = type === "image" || type === "file" ? state.file("feishu", `${message}/${key}`) : undefined;
  return file
    ? fileReply(file)
    : apiJson(400, { code: 230001, msg: "Your request contains an invalid request parameter." });
}

function tokenReply(state: ApiState, { body }: Call): ApiReply {
  const { app_id, app_secret } = objectIn(body) ?? {};
  if (!isFilled(app_id) || !isFilled(app_secret)) return apiJson(200, { code: 10003, msg: "invalid param" });
  if (!state.isSecret("feishu", app_id, app_secret)) return apiJson(200, { code: 10015, msg: "app secret invalid" });
  // With less than half an hour left there is a new one, and the old one stays good to its own end.
  const { token, leftMs } = state.issue("feishu", app_id, lifetimeMs);
  return apiJson(200, { code: 0, msg: "ok", tenant_access_token: token, expire: Math.floor(leftMs / 1000) });
}

function refusalOf(state: ApiState, { headers }: Call): ApiReply | undefined {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return apiJson(400, { code: 99991661, msg: "Missing access token for authorization." });
  if (!/^[tu]-/.test(token)) return apiJson(400, { code: 99991671, msg: "Invalid access token format." });
  const holder = state.holder(token);
  if (holder?.platform === "feishu" && !holder.expired) return undefined;
  return apiJson(400, {
    code: 99991663,
    msg: "Invalid access token for authorization. Please make a request with token attached.",
  });
}

function readers(state: ApiState, { query }: Call, message: string): ApiReply {
  const status = state.status("feishu", message);
  if (!status) return apiJson(400, { code: 230001, msg: "invalid message_id" });
  const readers = Array.isArray(status.items) ? (status.items as Fields[]) : [];
  const size = Math.min(Number(query.get("page_size") ?? 20), pageMost);
  const from = Number(query.get("page_token") ?? 0);
  const next = from + size;
  const more = next < readers.length;
  const items = readers.slice(from, next);
  return apiJson(200, {
    code: 0,
    msg: "success",
    data: { items, has_more: more, ...(more ? { page_token: String(next) } : {}) },
  });
}
