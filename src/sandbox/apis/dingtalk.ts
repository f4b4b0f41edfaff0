import { type Call, isFilled, objectIn } from "../stand-in.ts";
import { type ApiReply, apiJson, fileReply } from "./api-reply.ts";
import type { ApiState } from "./api-state.ts";

const lifetimeMs = 7_200_000;
/** Where the addresses of files lead. */
const filesPath = "/download/dingtalk/";

/**
 * A DingTalk app's token, files and messages, on the newer API and the older one:
 * https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app,
 * …/chatbot-batch-query-the-read-status-of-messages, …/chatbot-queries-the-read-status-of-a-message,
 * …/gets-the-result-of-sending-messages-asynchronously-to-the-enterprise
 */
export function answerDingtalkApi(state: ApiState, call: Call): ApiReply | undefined {
  const { method, path } = call;
  switch (`${method} ${path}`) {
    case "POST /v1.0/oauth2/accessToken":
      return tokenReply(state, call);
    case "POST /v1.0/robot/messageFiles/download":
      return refusalOf(state, call) ?? fileAddress(state, call);
    case "GET /v1.0/robot/oToMessages/readStatus":
      return refusalOf(state, call) ?? status(state, call.query.get("processQueryKey"));
    case "POST /v1.0/robot/groupMessages/query":
      return refusalOf(state, call) ?? status(state, objectIn(call.body)?.processQueryKey);
    case "POST /topapi/message/corpconversation/getsendresult":
      return sendResult(state, call);
  }
  if (method !== "GET" || !path.startsWith(filesPath)) return undefined;
  const file = state.file("dingtalk", decodeURIComponent(path.slice(filesPath.length)));
  return file ? fileReply(file) : { status: 403, contentType: "application/xml", body: "<Error/>" };
}

function tokenReply(state: ApiState, { body }: Call): ApiReply {
  const { appKey, appSecret } = objectIn(body) ?? {};
  if (!isFilled(appKey) || !isFilled(appSecret) || !state.isSecret("dingtalk", appKey, appSecret)) {
    return failure(400, "invalidClientIdOrSecret", "the clientId or the clientSecret is wrong");
  }
  const { token, leftMs } = state.issue("dingtalk", appKey, lifetimeMs);
  return apiJson(200, { accessToken: token, expireIn: Math.floor(leftMs / 1000) });
}

function refusalOf(state: ApiState, { headers }: Call): ApiReply | undefined {
  const holder = state.holder(String(headers["x-acs-dingtalk-access-token"] ?? ""));
  if (holder?.platform === "dingtalk" && !holder.expired) return undefined;
  return failure(400, "InvalidAuthentication", "the access token is not legal");
}

function fileAddress(state: ApiState, { body, headers }: Call): ApiReply {
  const { downloadCode, robotCode } = objectIn(body) ?? {};
  if (!isFilled(robotCode)) return failure(400, "miss.param.robotCode", "robotCode is missing");
  if (!isFilled(downloadCode) || !state.file("dingtalk", downloadCode)) {
    return failure(400, "invalidParameter.downloadCode", "the download code is invalid");
  }
  const downloadUrl = `http://${headers.host}${filesPath}${encodeURIComponent(downloadCode)}?Expires=1&Signature=sandbox`;
  return apiJson(200, { downloadUrl });
}

function status(state: ApiState, key: unknown): ApiReply {
  const known = isFilled(key) ? state.status("dingtalk", key) : undefined;
  // Right after sending there is no answer yet, which looks like one that ran out.
  return known ? apiJson(200, known) : failure(400, "processQueryKey.expireTime", "the key is not known, or too old");
}

function sendResult(state: ApiState, { query, body }: Call): ApiReply {
  const holder = state.holder(query.get("access_token") ?? "");
  if (holder?.platform !== "dingtalk") return apiJson(200, { errcode: 40014, errmsg: "invalid access_token" });
  if (holder.expired) return apiJson(200, { errcode: 42001, errmsg: "access_token expired" });
  const { agent_id, task_id } = objectIn(body) ?? {};
  const known = state.status("dingtalk", String(task_id));
  if (!known || agent_id === undefined) return apiJson(200, { errcode: 400002, errmsg: "invalid parameter" });
  return apiJson(200, { errcode: 0, errmsg: "ok", send_result: known });
}

function failure(httpStatus: number, code: string, message: string): ApiReply {
  return apiJson(httpStatus, { code, message, requestid: "sandbox" });
}
