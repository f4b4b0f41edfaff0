import type { CallbackRequest, Moment, PlatformCall } from "./call.ts";
import { type CallingPlatform, callingSides } from "./calling-sides.ts";
import { type HappeningInput, happening } from "./happening.ts";

export const aesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

/** Settings of one account per platform; tests change what they are about. */
export const accounts = {
  wecom: { url: "http://hub/wecom", token: "QDG6eK", encoding_aes_key: aesKey, corp_id: "ww1", agent_id: 1000002 },
  "wecom-bot": { url: "http://hub/bot", token: "QDG6eK", encoding_aes_key: aesKey },
  "wechat-official": {
    url: "http://hub/oa",
    token: "QDG6eK",
    encoding_aes_key: aesKey,
    mode: "safe",
    app_id: "wx1",
    original_id: "gh_1",
  },
  feishu: { url: "http://hub/feishu", verification_token: "vtoken", encrypt_key: "test key" },
  dingtalk: {
    url: "http://hub/dingtalk",
    app_secret: "secret",
    token: "QDG6eK",
    encoding_aes_key: aesKey,
    owner_key: "ding1",
    api_secret: "apisecret",
  },
} as const satisfies Record<CallingPlatform, object>;

/** A fixed time, and randomness that counts up. */
export function moment(nowMs = Date.UTC(2026, 0, 1)): Moment {
  let next = 1;
  return { nowMs, random: (bytes) => Buffer.from(Array.from({ length: bytes }, () => next++ & 0xff)) };
}

/** The call that a platform makes of a happening. */
export function callOf(platform: CallingPlatform, happened: HappeningInput, changes: object = {}): PlatformCall {
  const side = callingSides[platform];
  const settings = side.settings.parse({ ...accounts[platform], ...changes });
  return side.call(happening.parse(happened), settings, moment());
}

export function requestOf(platform: CallingPlatform, happened: HappeningInput, changes: object = {}): CallbackRequest {
  return callOf(platform, happened, changes).request(moment());
}

export function queryOf({ url }: CallbackRequest): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}
