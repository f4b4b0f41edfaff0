import { randomUUID } from "node:crypto";
import type { Media, Robot } from "./robots.ts";
import { type Call, isFields, isFilled, json, objectIn, type Reply, type StandIn, type Verdict } from "./stand-in.ts";
import { contentOfWecom } from "./wecom-content.ts";
import { uploadedPart } from "./wecom-upload.ts";

/**
 * WeCom's group robots (消息推送). Unless a rule names another page, it comes from
 * https://developer.work.weixin.qq.com/document/path/91770 and …/path/99110
 */
export const wecomStandIn: StandIn = {
  platform: "wecom",
  // A minute's limit blocks for a minute: https://developer.work.weixin.qq.com/document/path/90312
  limits: [{ messages: 20, perMs: 60_000, blockMs: 60_000 }],
  security: [],
  serves: (path) => path === sendPath || path === uploadPath,
  tokenOf: (_path, query) => query.get("key") ?? "",
  answer: (call, robot, nowMs) => (call.path === uploadPath ? upload : send)(call, robot, nowMs),
  failure: (code = "-1", message = words[code] ?? "sandbox fault", call) => refusal(Number(code), message, call),
  throttled,
};

const sendPath = "/cgi-bin/webhook/send";
const uploadPath = "/cgi-bin/webhook/upload_media";

const usableMs = 3 * 24 * 3_600_000;

/** https://developer.work.weixin.qq.com/document/path/90313; the page of the robots names few codes. */
const words: Readonly<Record<string, string>> = {
  "-1": "system error",
  "40004": "invalid media type",
  "40007": "invalid media_id",
  "40008": "invalid message type",
  "40058": "invalid Request Parameter",
  "41006": "missing media_id",
  "43002": "require POST method",
  "44001": "empty media data",
  "44004": "empty content",
  "45001": "media size out of limit",
  "45008": "article size out of limit",
  "45009": "api freq out of limit",
  "45034": "url lacks scheme",
  "93000": "invalid webhook url",
  "93004": "robot is disabled",
};

const success = json(200, { errcode: 0, errmsg: "ok" });

function send(call: Call, robot: Robot | undefined, nowMs: number): Verdict {
  if (call.method !== "POST") return refuse("43002", call);
  if (!robot) return refuse("93000", call);
  if (robot.settings.disabled) return refuse("93004", call);
  const body = objectIn(call.body);
  if (!body) return refuse("40058", call, "Warning: wrong json format. invalid Request Parameter");
  const content = contentOfWecom(body);
  if ("code" in content) return refuse(content.code, call, content.message);
  const attachment = isFields(body[content.type]) ? body[content.type] : undefined;
  if ((content.type === "file" || content.type === "voice") && isFields(attachment)) {
    const media = isFilled(attachment.media_id) ? robot.media(attachment.media_id) : undefined;
    // Usable for three days, by the robot that it was uploaded for.
    if (media?.type !== content.type || media.usableUntil < nowMs) return refuse("40007", call);
  }
  if (!robot.admit(nowMs)) return refuse("45009", call);
  return { code: "0", reply: success, content };
}

const mediaBytes: Readonly<Record<Media["type"], { least: number; most: number }>> = {
  file: { least: 5, most: 20 * 1024 * 1024 },
  voice: { least: 5, most: 2 * 1024 * 1024 },
};

function upload(call: Call, robot: Robot | undefined, nowMs: number): Verdict {
  if (call.method !== "POST") return refuse("43002", call);
  if (!robot) return refuse("93000", call);
  if (robot.settings.disabled) return refuse("93004", call);
  const type = call.query.get("type");
  if (type !== "file" && type !== "voice") return refuse("40004", call);
  const part = uploadedPart(call);
  if (!part || part.length === 0) return refuse("44001", call);
  if (type === "voice" && part.subarray(0, 5).toString("latin1") !== "#!AMR") return refuse("40004", call);
  const { least, most } = mediaBytes[type];
  if (part.length <= least || part.length > most) return refuse("45001", call);
  const media_id = randomUUID().replaceAll("-", "");
  robot.keep(media_id, { type, usableUntil: nowMs + usableMs });
  const created_at = String(Math.floor(nowMs / 1000));
  return { code: "0", reply: json(200, { errcode: 0, errmsg: "ok", type, media_id, created_at }) };
}

function refuse(code: string, call: Call, message: string = words[code] ?? ""): Verdict {
  return { code, reply: refusal(Number(code), message, call) };
}

/** Clients must not parse the text behind the code, so it looks as unwieldy as the real one. */
function refusal(errcode: number, message: string, call: Call): Reply {
  const more = `more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
  return json(200, { errcode, errmsg: `${message}, hint: [sandbox-${errcode}], from ip: ${call.ip}, ${more}` });
}

/** A waiting time is told only where a proxy in front would tell it, in the standard header. */
function throttled(call: Call, retryAfterSeconds: number | undefined): Reply {
  const reply = refusal(45009, words["45009"] ?? "", call);
  return retryAfterSeconds === undefined ? reply : { ...reply, headers: { "retry-after": String(retryAfterSeconds) } };
}
