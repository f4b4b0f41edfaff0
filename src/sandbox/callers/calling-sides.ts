import type { CallingSide } from "./call.ts";
import { dingtalk } from "./dingtalk.ts";
import { feishu } from "./feishu.ts";
import { officialAccount } from "./official-account.ts";
import { wecomApp } from "./wecom-app.ts";
import { wecomBot } from "./wecom-bot.ts";

export const callingPlatforms = ["wecom", "wecom-bot", "wechat-official", "feishu", "dingtalk"] as const;
export type CallingPlatform = (typeof callingPlatforms)[number];

export const callingSides: Readonly<Record<CallingPlatform, CallingSide>> = {
  wecom: wecomApp,
  "wecom-bot": wecomBot,
  "wechat-official": officialAccount,
  feishu,
  dingtalk,
};
