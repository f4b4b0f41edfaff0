import { type App, type AppCall, AppFailure, defineApp, type FileAnswer, type WantedFile } from "../app-calls.ts";
import { openFile } from "../app-file.ts";
import { askToken } from "../app-token.ts";
import { textOf } from "../json-fields.ts";
import { askDingtalk, dingtalkReading, rootOf } from "./app-request.ts";
import { dingtalkStatuses } from "./app-statuses.ts";
import type { DingtalkApp } from "./callback-account.ts";

/** Where the addresses of files lead: the platform's own domain and its object storage. */
const fileHosts = ["dingtalk.com", "aliyuncs.com"];

/** A DingTalk app's token, the files that people send to its robot, and what became of its own messages. */
export const dingtalkAppCalls: App = defineApp<DingtalkApp>({
  identity: ({ base_url, client_id, client_secret }) => ({ base: base_url, id: client_id, secret: client_secret }),
  /** https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app */
  token(identity, ports) {
    const url = `${rootOf(identity.base)}/v1.0/oauth2/accessToken`;
    const body = JSON.stringify({ appKey: identity.id, appSecret: identity.secret });
    const headers = { "content-type": "application/json; charset=utf-8" };
    const keys = { token: "accessToken", seconds: "expireIn" };
    return askToken(identity, ports, { method: "POST", url, headers, body }, dingtalkReading, keys);
  },
  file: robotFile,
  statuses: dingtalkStatuses,
});

/** https://open.dingtalk.com/document/development/download-the-file-content-of-the-robot-receiving-message */
async function robotFile({ attachment }: WantedFile, call: AppCall<DingtalkApp>): Promise<FileAnswer> {
  const { account } = call;
  const body = { downloadCode: attachment.ref ?? "", robotCode: account.robot_code ?? account.client_id };
  const json = await askDingtalk(call, { method: "POST", path: "/v1.0/robot/messageFiles/download", body });
  const address = textOf(json.downloadUrl);
  if (address === undefined) {
    throw new AppFailure({
      kind: "unavailable",
      code: "invalid-answer",
      message: "the platform named no address of the file",
      advice: "应答不是平台的格式：请检查地址与中间代理",
    });
  }
  return openFile(address, { base: account.base_url, hosts: fileHosts }, call);
}
