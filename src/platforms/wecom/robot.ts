import type { Ports, Sender } from "../definition.ts";
import { askRobot, codeIn, type Reading, type Verdict, wordsIn } from "../robot-answer.ts";
import { type RobotChannel, secretsOf } from "../robot-channel.ts";
import { errors } from "./errors.ts";

/**
 * Sends to group robots: https://developer.work.weixin.qq.com/document/path/99110
 * They have no signature: the key in the URL is all there is. A secret in the settings is kept and ignored.
 */
export function connect({ http, now }: Ports): Sender<undefined, RobotChannel> {
  return {
    send({ payload, channel, timeoutMs }) {
      const post = { url: channel.url, body: JSON.stringify(payload), timeoutMs };
      return askRobot(http, post, reading, { nowMs: now, secrets: secretsOf(channel) });
    },
  };
}

const reading: Reading = {
  errors,
  verdict(json): Verdict | undefined {
    const code = codeIn(json.errcode);
    return code === undefined ? undefined : { code, message: wordsIn(json.errmsg) };
  },
};
