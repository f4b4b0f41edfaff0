// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
import { dingtalkResealer } from "./dingtalk/reseal.ts";
import { feishuResealer } from "./feishu/reseal.ts";
import type { Resealer } from "./resealing.ts";
import { webhookResealer } from "./webhook/reseal.ts";
import { wechatOfficialResealer } from "./wechat-official/reseal.ts";
import { wecomResealer } from "./wecom/reseal.ts";

/** How each platform's callbacks are sealed with another system's keys, by the platform's id. */
export const resealers: ReadonlyMap<string, Resealer> = new Map([
  ["dingtalk", dingtalkResealer],
  ["feishu", feishuResealer],
  ["webhook", webhookResealer],
  ["wechat-official", wechatOfficialResealer],
  ["wecom", wecomResealer],
]);
