import { createHmac } from "node:crypto";
import { sameText } from "./constant-time.ts";
import { contentOfFeishu } from "./feishu-content.ts";
import type { Robot } from "./robots.ts";
import { type Call, type Fields, json, objectIn, plain, type Reply, type StandIn, type Verdict } from "./stand-in.ts";

/**
 * Feishu's custom robots. Unless a rule names another page, it comes from
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export const feishuStandIn: StandIn = {
  platform: "feishu",
  limits: [
    { messages: 100, perMs: 60_000 },
    { messages: 5, perMs: 1_000 },
  ],
  security: ["secret", "keywords", "ips"],
  serves: (path) => path.startsWith(hook),
  tokenOf: (path) => path.slice(hook.length),
  answer,
  failure: (code = "1500", message = words[code] ?? "sandbox fault") => refusal(Number(code), message),
  throttled,
};

const hook = "/open-apis/bot/v2/hook/";

const largestBodyBytes = 20 * 1024;
const clockWindowSeconds = 3_600;

/** 19002, 11232, 1500: https://open.feishu.cn/document/ukTMukTMukTM/ugjM14COyUjL4ITN; the rest: the guide and live answers. */
const words: Readonly<Record<string, string>> = {
  "9499": "Bad Request",
  "19001": "param invalid: incoming webhook access token invalid",
  "19002": "params error, msg_type need",
  "19021": "sign match fail or timestamp is not within one hour from current time",
  "19022": "Ip Not Allowed",
  "19024": "Key Words Not Found",
  "11232": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]",
  "1500": "internal error",
};

/** The two Status fields are of the first version of the interface and are still sent. */
const success = json(200, { StatusCode: 0, StatusMessage: "success", code: 0, data: {}, msg: "success" });

function answer(call: Call, robot: Robot | undefined, nowMs: number): Verdict {
  if (call.method !== "POST" || call.path.slice(hook.length).includes("/")) {
    // Seen from the real gateway: text, not JSON.
    return { code: "404", reply: plain(404, "404 page not found") };
  }
  if (call.body.length > largestBodyBytes) return refuse("9499");
  const body = objectIn(call.body);
  if (!body) return refuse("9499");
  if (!robot || robot.settings.disabled) return refuse("19001");
  const unsafe = securityProblem(call, body, robot, nowMs);
  if (unsafe) return refuse(unsafe);
  const content = contentOfFeishu(body);
  if ("code" in content) return { code: content.code, reply: refusal(Number(content.code), content.message) };
  if (!hasKeyword(content.text, robot)) return refuse("19024");
  if (!robot.admit(nowMs)) return refuse("11232");
  return { code: "0", reply: success, content };
}

function securityProblem(call: Call, body: Fields, robot: Robot, nowMs: number): "19022" | "19021" | undefined {
  if (robot.ipRules && !robot.ipRules.allows(call.ip)) return "19022";
  const { secret } = robot.settings;
  if (secret === undefined) return undefined;
  const { timestamp, sign } = body;
  if (typeof timestamp !== "string" || typeof sign !== "string" || !/^\d{1,12}$/.test(timestamp)) return "19021";
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > clockWindowSeconds) return "19021";
  return sameText(sign, feishuSign(timestamp, secret)) ? undefined : "19021";
}

/** The signed string is the key, and what is signed with it is nothing. `timestamp` in seconds. */
export function feishuSign(timestamp: string, secret: string): string {
  return createHmac("sha256", `${timestamp}\n${secret}`).digest("base64");
}

function hasKeyword(text: string, robot: Robot): boolean {
  const keywords = robot.settings.keywords ?? [];
  return keywords.length === 0 || keywords.some((keyword) => text.includes(keyword));
}

function refuse(code: keyof typeof words & string): Verdict {
  return { code, reply: refusal(Number(code), words[code] ?? "") };
}

function refusal(code: number, msg: string): Reply {
  return json(200, { code, data: {}, msg });
}

/**
 * A robot's own limit is a business error; a limit with a waiting time is the gateway's, which tells it in a
 * header: https://open.feishu.cn/document/ukTMukTMukTM/uUzN04SN3QjL1cDN
 */
function throttled(_call: Call, retryAfterSeconds: number | undefined): Reply {
  if (retryAfterSeconds === undefined) return refusal(11232, words["11232"] ?? "");
  const headers = { "x-ogw-ratelimit-limit": "100", "x-ogw-ratelimit-reset": String(retryAfterSeconds) };
  return { ...json(429, { code: 99991400, msg: "request trigger frequency limit" }), headers };
}
