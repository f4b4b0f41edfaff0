import { createHmac } from "node:crypto";
import type { Ports, Sender } from "../definition.ts";
import { askRobot, codeIn, type Reading, type Verdict, wordsIn } from "../robot-answer.ts";
import { type RobotChannel, secretsOf } from "../robot-channel.ts";
import { errors, securityCause } from "./errors.ts";

/** Sends to group robots: https://open.dingtalk.com/document/development/custom-robots-send-group-messages */
export function connect({ http, now }: Ports): Sender<undefined, RobotChannel> {
  return {
    send({ payload, channel, key, timeoutMs }) {
      const url = addressOf(channel, now());
      const secrets = [...secretsOf(channel), ...secretsOf({ ...channel, url })];
      // The same msgUuid is delivered once, so a retry after a lost answer does no harm.
      const body = JSON.stringify({ ...payload, msgUuid: key });
      return askRobot(http, { url, body, timeoutMs }, reading, { nowMs: now, secrets });
    },
  };
}

/**
 * Base64 of HMAC-SHA256 over timestamp and secret, with the secret as the key
 * (https://open.dingtalk.com/document/dingstart/customize-robot-security-settings).
 *
 * @param timestamp Milliseconds since the epoch; the platform accepts one hour of difference.
 */
export function sign(timestamp: string, secret: string): string {
  return createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
}

/** The signature goes into the query, made anew for every attempt because it ages. */
export function addressOf({ url, secret }: RobotChannel, nowMs: number): string {
  if (secret === "") return url;
  const address = new URL(url);
  const timestamp = String(Math.floor(nowMs));
  address.searchParams.set("timestamp", timestamp);
  address.searchParams.set("sign", sign(timestamp, secret));
  return address.href;
}

const reading: Reading = {
  errors,
  verdict(json): Verdict | undefined {
    const code = codeIn(json.errcode);
    if (code !== undefined) {
      const message = wordsIn(json.errmsg);
      return { code, message, because: code === "310000" ? securityCause(message) : undefined };
    }
    // The firewall's own form: https://open.dingtalk.com/document/development/call-frequency-limit
    if (json.status === 1111)
      return { code: "1111", message: "request denied by the firewall", retryAfterMs: banMs(json.wait) };
    return undefined;
  },
};

/** The firewall counts in minutes. */
function banMs(wait: unknown): number | undefined {
  const minutes = Number(wait);
  return Number.isFinite(minutes) && minutes > 0 ? Math.min(minutes * 60_000, 3_600_000) : undefined;
}
