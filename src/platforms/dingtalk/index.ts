import { definePlatform } from "../definition.ts";
import { type RobotChannel, robotChannel } from "../robot-channel.ts";
import { errors } from "./errors.ts";
import { bodyBytes, render } from "./render.ts";
import { connect } from "./robot.ts";

/** DingTalk (钉钉) group robots. */
export const dingtalk = definePlatform<undefined, RobotChannel>({
  id: "dingtalk",
  aliases: [],
  label: { en: "DingTalk", zh: "钉钉" },
  capabilities: {
    markdown: "subset",
    cards: true,
    buttons: "url",
    mentions: ["all", "users", "mobiles"],
    messageId: false,
  },
  limits: {
    bytes: { text: bodyBytes, card: bodyBytes },
    rate: [{ messages: 20, perMs: 60_000 }],
  },
  errors,
  channel: robotChannel({
    url: {
      description:
        "The robot's webhook address: https://oapi.dingtalk.com/robot/send?access_token=… Whoever knows it can post.",
      zh: "机器人的 webhook 地址：https://oapi.dingtalk.com/robot/send?access_token=…，知道它的人就能发消息。",
    },
    secret: {
      description: "The robot's signing secret (加签), beginning with SEC. Leave it empty when signing is off.",
      zh: "机器人的加签密钥，以 SEC 开头；未开启加签则留空。",
    },
  }),
  listKey: "webhooks",
  overHttp: true,
  address: ({ url }) => new URL(url).href,
  render,
  connect,
});
