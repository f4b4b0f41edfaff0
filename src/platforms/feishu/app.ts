import { type AppReading, askApp, jsonIn, openApp } from "../app-answer.ts";
import { type App, type AppCall, AppFailure, defineApp, type StatusAnswer } from "../app-calls.ts";
import { fileIn } from "../app-file.ts";
import { askToken } from "../app-token.ts";
import { instantOf } from "../instant.ts";
import { idOf, objectOf, objectsOf, textOf } from "../json-fields.ts";
import type { FeishuApp } from "./callback-account.ts";
import { errors } from "./errors.ts";

const reading: AppReading = {
  errors,
  codeKey: "code",
  wordsKey: "msg",
  tokenCodes: new Set(["99991661", "99991663", "99991664", "99991665", "99991668", "99991671", "99991677"]),
};

const dayMs = 24 * 3_600_000;

/** A Feishu app's token, the files of messages and who read one of its own. */
export const feishuAppCalls: App = defineApp<FeishuApp>({
  identity({ base_url, app_id, app_secret }) {
    return app_secret === undefined ? undefined : { base: base_url, id: app_id, secret: app_secret };
  },
  /** https://open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal */
  token(identity, ports) {
    const url = `${rootOf(identity.base)}/auth/v3/tenant_access_token/internal`;
    const body = JSON.stringify({ app_id: identity.id, app_secret: identity.secret });
    const headers = { "content-type": "application/json; charset=utf-8" };
    const keys = { token: "tenant_access_token", seconds: "expire" };
    return askToken(identity, ports, { method: "POST", url, headers, body }, reading, keys);
  },
  /** https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message-resource/get */
  file({ attachment, messageId }, call) {
    const path = `messages/${encodeURIComponent(messageId)}/resources/${encodeURIComponent(attachment.ref ?? "")}`;
    const type = attachment.kind === "image" ? "image" : "file";
    return call.withToken(async (token) => {
      const request = requestTo(call, `${path}?type=${type}`, token);
      const context = { secrets: [token], nowMs: call.nowMs };
      const answer = await openApp(call.http, request, context);
      const isJson = /^application\/json\b/i.test(String(answer.headers["content-type"] ?? ""));
      // A file that is JSON comes with a name to save it under; an error does not.
      if (answer.status === 200 && (!isJson || answer.headers["content-disposition"])) return fileIn(answer);
      await jsonIn(answer, reading, context);
      throw new AppFailure({
        kind: "unavailable",
        code: "invalid-answer",
        message: "the platform answered neither a file nor an error",
        advice: "应答不是平台的格式：请检查地址与中间代理",
      });
    });
  },
  statuses: { group: { limitMs: 7 * dayMs, needs: [], ask: ({ messageId }, call) => readersOf(messageId, call) } },
});

/** Pages of a hundred: more readers than this are not asked for. */
const mostPages = 100;

/**
 * Who read a message; those who did not are not told.
 * https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/read_users
 */
async function readersOf(messageId: string, call: AppCall<FeishuApp>): Promise<StatusAnswer> {
  const states: StatusAnswer["states"][number][] = [];
  let page: string | undefined;
  for (let pages = 0; pages < mostPages; pages++) {
    const query = new URLSearchParams({
      user_id_type: "open_id",
      page_size: "100",
      ...(page ? { page_token: page } : {}),
    });
    const data = await call.withToken(async (token) => {
      const request = requestTo(call, `messages/${encodeURIComponent(messageId)}/read_users?${query}`, token);
      const json = await askApp(call.http, request, reading, { secrets: [token], nowMs: call.nowMs });
      return objectOf(json.data);
    });
    for (const { user_id, timestamp } of objectsOf(data.items)) {
      const id = idOf(user_id);
      if (id !== undefined) states.push({ state: "read", person: { id, kind: "user" }, at: instantOf(timestamp) });
    }
    page = textOf(data.page_token);
    if (data.has_more !== true || page === undefined) break;
  }
  return { states, final: false };
}

function requestTo({ account, timeoutMs }: AppCall<FeishuApp>, path: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  return { method: "GET", url: `${rootOf(account.base_url)}/im/v1/${path}`, headers, timeoutMs } as const;
}

function rootOf(base: string): string {
  return `${base.replace(/\/+$/, "")}/open-apis`;
}
