import { definePlatform } from "../definition.ts";
import { type RobotChannel, robotChannel } from "../robot-channel.ts";
import { errors } from "./errors.ts";
import { contentBytes, render } from "./render.ts";
import { connect } from "./robot.ts";

/** WeCom (企业微信) group robots. */
export const wecom = definePlatform<undefined, RobotChannel>({
  id: "wecom",
  aliases: ["wechat"],
  apiName: "wechat",
  label: { en: "WeCom", zh: "企业微信" },
  capabilities: {
    markdown: "subset",
    cards: true,
    buttons: "none",
    mentions: ["all", "users", "mobiles"],
    messageId: false,
  },
  limits: {
    bytes: contentBytes,
    rate: [{ messages: 20, perMs: 60_000 }],
  },
  errors,
  channel: robotChannel({
    url: {
      description:
        "The robot's webhook address: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=… Whoever knows it can post.",
      zh: "机器人的 webhook 地址：https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…，知道它的人就能发消息。",
    },
    secret: {
      description: "Not used: WeCom robots are not signed. Accepted because existing files have it, usually empty.",
      zh: "不使用：企业微信机器人没有签名。为兼容已有文件而接受，通常为空。",
    },
  }),
  listKey: "webhooks",
  overHttp: true,
  address: ({ url }) => new URL(url).href,
  render,
  connect,
});
