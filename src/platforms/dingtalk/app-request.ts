import { type AppReading, askApp } from "../app-answer.ts";
import type { AppCall } from "../app-calls.ts";
import type { JsonObject } from "../json-fields.ts";
import type { DingtalkApp } from "./callback-account.ts";
import { errors } from "./errors.ts";

const tokenCodes = new Set(["40001", "40014", "42001", "InvalidAuthentication", "invalidAccessToken"]);

/** The newer API: codes are words, and only failures have one. */
export const dingtalkReading: AppReading = { errors, codeKey: "code", wordsKey: "message", tokenCodes };

/** The older API: numbers, 0 for success. */
const olderReading: AppReading = { errors, codeKey: "errcode", wordsKey: "errmsg", tokenCodes };

/**
 * Asks the newer API with a token.
 *
 * @throws AppFailure
 */
export function askDingtalk(
  call: AppCall<DingtalkApp>,
  { method, path, body }: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: JsonObject },
): Promise<JsonObject> {
  return call.withToken((token) => {
    const headers = { "x-acs-dingtalk-access-token": token, "content-type": "application/json; charset=utf-8" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const url = `${rootOf(call.account.base_url)}${path}`;
    const request = { method, url, headers, ...sent, timeoutMs: call.timeoutMs };
    return askApp(call.http, request, dingtalkReading, { secrets: [token], nowMs: call.nowMs });
  });
}

/**
 * Asks the older API with a token.
 *
 * @throws AppFailure
 */
export function askOlderDingtalk(call: AppCall<DingtalkApp>, path: string, body: JsonObject): Promise<JsonObject> {
  return call.withToken((token) => {
    const url = `${olderRootOf(call.account.base_url)}${path}?${new URLSearchParams({ access_token: token })}`;
    const headers = { "content-type": "application/json; charset=utf-8" };
    const request = { method: "POST", url, headers, body: JSON.stringify(body), timeoutMs: call.timeoutMs } as const;
    return askApp(call.http, request, olderReading, { secrets: [token], nowMs: call.nowMs });
  });
}

export function rootOf(base: string): string {
  return base.replace(/\/+$/, "");
}

/** The platform has a host of its own for it; whatever stands in the platform's place serves both. */
function olderRootOf(base: string): string {
  return rootOf(base) === "https://api.dingtalk.com" ? "https://oapi.dingtalk.com" : rootOf(base);
}
