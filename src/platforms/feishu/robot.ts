import { createHmac } from "node:crypto";
import type { Payload, Ports, Sender } from "../definition.ts";
import type { HttpAnswer } from "../http.ts";
import { askRobot, codeIn, type Reading, type Verdict, wordsIn } from "../robot-answer.ts";
import { type RobotChannel, secretsOf } from "../robot-channel.ts";
import { errors } from "./errors.ts";

/** Sends to group robots: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
export function connect({ http, now }: Ports): Sender<undefined, RobotChannel> {
  return {
    send({ payload, channel, timeoutMs }) {
      const timestamp = String(Math.floor(now() / 1000));
      const body = channel.secret === "" ? payload : signed(payload, timestamp, channel.secret);
      const context = { nowMs: now, secrets: secretsOf(channel) };
      return askRobot(http, { url: channel.url, body: JSON.stringify(body), timeoutMs }, reading, context);
    },
  };
}

/**
 * The signature goes into the body. Unlike elsewhere, timestamp and secret together are the key and the message is
 * empty.
 *
 * @param timestamp Seconds since the epoch; the platform accepts one hour of difference.
 */
export function sign(timestamp: string, secret: string): string {
  return createHmac("sha256", `${timestamp}\n${secret}`).digest("base64");
}

function signed(payload: Payload, timestamp: string, secret: string): Payload {
  return { timestamp, sign: sign(timestamp, secret), ...payload };
}

const reading: Reading = {
  errors,
  verdict(json, answer): Verdict | undefined {
    // The oldest form of the answer has only StatusCode and StatusMessage.
    const code = codeIn(json.code) ?? codeIn(json.StatusCode);
    if (code === undefined) return undefined;
    const message = wordsIn(json.msg ?? json.StatusMessage);
    return { code, message, retryAfterMs: gatewayDelay(answer) };
  },
};

/** Seconds, by the gateway: https://open.feishu.cn/document/ukTMukTMukTM/uUzN04SN3QjL1cDN */
function gatewayDelay(answer: HttpAnswer): number | undefined {
  const header = answer.headers["x-ogw-ratelimit-reset"];
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, 3_600_000) : undefined;
}
