import { definePlatform } from "../definition.ts";
import { type RobotChannel, robotChannel } from "../robot-channel.ts";
import { errors } from "./errors.ts";
import { bodyBytes, render } from "./render.ts";
import { connect } from "./robot.ts";

/** Feishu (飞书) group robots. */
export const feishu = definePlatform<undefined, RobotChannel>({
  id: "feishu",
  aliases: [],
  label: { en: "Feishu", zh: "飞书" },
  capabilities: {
    markdown: "subset",
    cards: true,
    buttons: "url",
    mentions: ["all", "users"],
    messageId: false,
  },
  limits: {
    bytes: { text: bodyBytes, card: bodyBytes },
    rate: [
      { messages: 100, perMs: 60_000 },
      { messages: 5, perMs: 1_000 },
    ],
  },
  errors,
  channel: robotChannel({
    url: {
      description:
        "The robot's webhook address: https://open.feishu.cn/open-apis/bot/v2/hook/… Whoever knows it can post.",
      zh: "机器人的 webhook 地址：https://open.feishu.cn/open-apis/bot/v2/hook/…，知道它的人就能发消息。",
    },
    secret: {
      description: "The robot's signing secret (签名校验). Leave it empty when signing is off.",
      zh: "机器人的签名校验密钥；未开启签名校验则留空。",
    },
  }),
  listKey: "webhooks",
  overHttp: true,
  address: ({ url }) => new URL(url).href,
  render,
  connect,
});
