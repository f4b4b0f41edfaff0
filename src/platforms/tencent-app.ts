import { type AppReading, askApp, jsonIn, openApp } from "./app-answer.ts";
import { type AppCall, AppFailure, type FileAnswer } from "./app-calls.ts";
import { type FilePlaces, fileIn, openFile } from "./app-file.ts";
import { textOf, textsOf } from "./json-fields.ts";

/** What WeCom and official accounts have in common; they differ in their hosts and in how a token is got. */
export interface TencentApi extends FilePlaces {
  readonly reading: AppReading;
}

/** Codes for a token that is wrong, expired or overtaken by another: the same numbers on both platforms. */
export const tencentTokenCodes: ReadonlySet<string> = new Set(["40001", "40014", "42001"]);

/**
 * A file by its media id, which is good for three days: https://developer.work.weixin.qq.com/document/path/90254,
 * https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Get_temporary_materials.html
 *
 * Bytes come as they are; JSON is an error, or for videos of official accounts an address.
 */
export function mediaFile(mediaId: string, api: TencentApi, call: AppCall<unknown>): Promise<FileAnswer> {
  return call.withToken(async (token) => {
    const url = addressOf(api, "media/get", { access_token: token, media_id: mediaId });
    const context = { secrets: [token], nowMs: call.nowMs };
    const answer = await openApp(call.http, { method: "GET", url, timeoutMs: call.timeoutMs }, context);
    const type = String(answer.headers["content-type"] ?? "");
    const isFile = answer.status === 200 && !/^(application\/json|text\/plain)\b/i.test(type);
    // A text file comes as text/plain too, but then with a name to save it under.
    if (isFile || (answer.status === 200 && answer.headers["content-disposition"] !== undefined)) return fileIn(answer);
    const json = await jsonIn(answer, api.reading, context);
    const video = textOf(json.video_url) ?? textOf(json.down_url);
    if (video !== undefined) return openFile(video, api, call);
    throw new AppFailure({
      kind: "rejected",
      code: "invalid-answer",
      message: "the platform answered neither a file nor an error",
      advice: "应答不是平台的格式：请检查地址与中间代理",
    });
  });
}

/** Where callbacks come from: https://developer.work.weixin.qq.com/document/path/92520 */
export function callbackAddresses(api: TencentApi, call: AppCall<unknown>): Promise<readonly string[]> {
  return call.withToken(async (token) => {
    const url = addressOf(api, "getcallbackip", { access_token: token });
    const request = { method: "GET", url, timeoutMs: call.timeoutMs } as const;
    const json = await askApp(call.http, request, api.reading, { secrets: [token], nowMs: call.nowMs });
    return textsOf(json.ip_list);
  });
}

export function addressOf({ base }: Pick<TencentApi, "base">, path: string, query: Record<string, string>): string {
  return `${base.replace(/\/+$/, "")}/cgi-bin/${path}?${new URLSearchParams(query)}`;
}

export const tencentTokenKeys: { readonly [Key in "token" | "seconds"]: string } = {
  token: "access_token",
  seconds: "expires_in",
};
