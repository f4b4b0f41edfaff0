// Made by scripts/generate-registry.ts from the folders beside it; run that after adding one.
import { dingtalkReceiver } from "./dingtalk/receive.ts";
import { feishuReceiver } from "./feishu/receive.ts";
import type { Receiver } from "./receiving.ts";
import { webhookReceiver } from "./webhook/receive.ts";
import { wechatOfficialReceiver } from "./wechat-official/receive.ts";
import { wecomReceiver } from "./wecom/receive.ts";

/** What reads each platform's callbacks, by the platform's id. */
export const receivers: ReadonlyMap<string, Receiver> = new Map([
  ["dingtalk", dingtalkReceiver],
  ["feishu", feishuReceiver],
  ["webhook", webhookReceiver],
  ["wechat-official", wechatOfficialReceiver],
  ["wecom", wecomReceiver],
]);
