import { createHmac } from "node:crypto";
import { sameText } from "./constant-time.ts";
import { contentOfDingtalk } from "./dingtalk-content.ts";
import type { Robot } from "./robots.ts";
import { type Call, isFilled, json, objectIn, type Reply, type StandIn, type Verdict } from "./stand-in.ts";

/**
 * DingTalk's custom robots. Unless a rule names another page, it comes from
 * https://open.dingtalk.com/document/development/custom-robots-send-group-messages
 */
export const dingtalkStandIn: StandIn = {
  platform: "dingtalk",
  limits: [{ messages: 20, perMs: 60_000, blockMs: 600_000 }],
  security: ["secret", "keywords", "ips"],
  serves: (path) => path === "/robot/send",
  tokenOf: (_path, query) => query.get("access_token") ?? "",
  answer,
  failure: (code = "-1", message = words[code] ?? "sandbox fault") => refusal(Number(code), message),
  throttled,
};

/** Seen in live answers; the page gives no number. */
const largestBodyBytes = 20_000;
const clockWindowMs = 3_600_000;
const securityPage = "https://open.dingtalk.com/document/dingstart/customize-robot-security-settings";

/** 130101, 300001 and 460101 are what the live server answers; the page's own table does not list them. */
const words: Readonly<Record<string, string>> = {
  "-1": "系统繁忙",
  "40035": "缺少参数 json",
  "43002": "需要 POST 请求",
  "43004": "无效的HTTP HEADER Content-Type",
  "300001": "token is not exist",
  "400101": "access_token 不存在",
  "400102": "机器人已停用",
  "400105": "不支持的消息类型",
  "130101": "send too fast, exceed 20 times per minute",
  "460101": `message too long, exceed ${largestBodyBytes} bytes`,
};

const success = json(200, { errcode: 0, errmsg: "ok" });

function answer(call: Call, robot: Robot | undefined, nowMs: number): Verdict {
  if (call.method !== "POST") return refuse("43002");
  if (!/^application\/json\s*(;|$)/i.test(call.headers["content-type"] ?? "")) return refuse("43004");
  const body = objectIn(call.body);
  if (!body) return refuse("40035");
  if (!isFilled(call.query.get("access_token"))) return refuse("400101");
  if (!robot) return refuse("300001");
  if (robot.settings.disabled) return refuse("400102");
  const unsafe = securityProblem(call, robot, nowMs);
  if (unsafe) return insecure(unsafe);
  if (call.body.length > largestBodyBytes) return refuse("460101");
  const content = contentOfDingtalk(body);
  if ("code" in content) return { code: content.code, reply: refusal(Number(content.code), content.message) };
  const keywords = robot.settings.keywords ?? [];
  if (keywords.length > 0 && !keywords.some((keyword) => content.text.includes(keyword))) {
    return insecure("keywords not in content");
  }
  const key = isFilled(body.msgUuid) ? body.msgUuid : undefined;
  // For how long a value is remembered is not documented; here, for the robot's last thousand.
  if (key !== undefined && robot.hasSeen(key)) return { code: "0", reply: success, repeated: true };
  if (!robot.admit(nowMs)) return refuse("130101");
  if (key !== undefined) robot.remember(key);
  return { code: "0", reply: success, content };
}

/** https://open.dingtalk.com/document/dingstart/customize-robot-security-settings */
function securityProblem(call: Call, robot: Robot, nowMs: number): string | undefined {
  if (robot.ipRules && !robot.ipRules.allows(call.ip)) return `ip ${call.ip} not in whitelist`;
  const { secret } = robot.settings;
  if (secret === undefined) return undefined;
  const timestamp = call.query.get("timestamp") ?? "";
  if (!/^\d{1,15}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp)) > clockWindowMs) return "invalid timestamp";
  // A sign whose `+` was not percent-encoded arrives with a space and does not match, as on the platform.
  const sign = call.query.get("sign") ?? "";
  return sameText(sign, dingtalkSign(timestamp, secret)) ? undefined : "sign not match";
}

/** `timestamp` in milliseconds. Before percent-encoding. */
export function dingtalkSign(timestamp: string, secret: string): string {
  return createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
}

function insecure(why: string): Verdict {
  return { code: "310000", reply: refusal(310000, `${why}, more: [${securityPage}]`) };
}

function refuse(code: string): Verdict {
  return { code, reply: refusal(Number(code), words[code] ?? "") };
}

function refusal(errcode: number, errmsg: string): Reply {
  return json(200, { errcode, errmsg });
}

/** A waiting time is told only where a proxy in front would tell it, in the standard header. */
function throttled(_call: Call, retryAfterSeconds: number | undefined): Reply {
  const reply = refusal(130101, words["130101"] ?? "");
  return retryAfterSeconds === undefined ? reply : { ...reply, headers: { "retry-after": String(retryAfterSeconds) } };
}
