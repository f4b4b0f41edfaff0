// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
import { tracking as dingtalk } from "./dingtalk/tracking.ts";
import { tracking as email } from "./email/tracking.ts";
import { tracking as feishu } from "./feishu/tracking.ts";
import type { Tracking } from "./tracking.ts";
import { tracking as wechatOfficial } from "./wechat-official/tracking.ts";
import { tracking as wecom } from "./wecom/tracking.ts";

/** What each platform can tell of a message, by the platform's id. */
export const trackings: ReadonlyMap<string, Tracking> = new Map<string, Tracking>([
  ["dingtalk", dingtalk],
  ["email", email],
  ["feishu", feishu],
  ["wechat-official", wechatOfficial],
  ["wecom", wecom],
]);
