import type { ServerResponse } from "node:http";
import type { Call } from "../stand-in.ts";
import { type ApiReply, apiJson } from "./api-reply.ts";
import type { ApiState } from "./api-state.ts";
import { answerDingtalkApi } from "./dingtalk.ts";
import { answerFeishuApi } from "./feishu.ts";
import { answerTencent } from "./tencent.ts";
import { answerRobotFile } from "./wecom-robot-files.ts";

/** Is this a path of the platforms' APIs, not of their robots? */
export function isApiPath(path: string): boolean {
  return apiPaths.test(path) && !path.startsWith("/cgi-bin/webhook/");
}

const apiPaths =
  /^\/(cgi-bin\/(gettoken|stable_token|media\/get|getcallbackip)$|open-apis\/(auth|im)\/|v1\.0\/(oauth2\/accessToken$|robot\/(messageFiles|oToMessages|groupMessages)\/)|topapi\/message\/corpconversation\/|download\/)/;

/** Answers one request to a platform's API. */
export function answerApi(state: ApiState, call: Call): ApiReply {
  state.count(call.path);
  return (
    answerTencent(state, call) ??
    answerFeishuApi(state, call) ??
    answerDingtalkApi(state, call) ??
    answerRobotFile(state, call) ??
    apiJson(404, { code: 404, msg: "404 page not found" })
  );
}

export function sendApi(response: ServerResponse, { status, contentType, body, headers }: ApiReply): void {
  // Without a length: with one, Node refuses a Content-Disposition that is not ASCII.
  response.writeHead(status, { "content-type": contentType, ...headers });
  response.end(body);
}
