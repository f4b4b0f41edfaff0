import type { App } from "./app-calls.ts";
import { dingtalkAppCalls } from "./dingtalk/app.ts";
import { feishuAppCalls } from "./feishu/app.ts";
import { wechatOfficialApp } from "./wechat-official/app.ts";
import { wecomApp } from "./wecom/app.ts";

/** The calls of each platform that need an app's token, by the platform's id. */
export const apps: ReadonlyMap<string, App> = new Map([
  ["dingtalk", dingtalkAppCalls],
  ["feishu", feishuAppCalls],
  ["wechat-official", wechatOfficialApp],
  ["wecom", wecomApp],
]);
