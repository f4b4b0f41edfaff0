import { judgeEcho } from "./answers.ts";
import type { PlatformCall } from "./call.ts";
import { sealFrame } from "./frame.ts";
import { sealedQuery, signedQuery, withQuery } from "./requests.ts";
import type { Seal } from "./sealed-reply.ts";

/**
 * The check that WeCom and WeChat make when the URL is saved; the answer is the echo, decrypted and alone. Official
 * accounts do not encrypt it.
 * Source: https://developer.work.weixin.qq.com/document/path/90930,
 * https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/message-push.html
 */
export function urlCheck(
  { url, token }: { readonly url: string; readonly token: string },
  seal: Seal | undefined,
  { echo, deadlineMs }: { readonly echo: string; readonly deadlineMs: number },
): PlatformCall {
  return {
    name: "verify",
    content: { echo },
    deadlineMs,
    retryDelaysMs: [],
    request(moment) {
      if (!seal) {
        const query = { ...signedQuery(token, moment), echostr: echo };
        return { method: "GET", url: withQuery(url, query), headers: {}, body: "" };
      }
      const echostr = sealFrame(echo, seal, moment.random(16));
      const query = { ...sealedQuery(token, echostr, moment), echostr };
      return { method: "GET", url: withQuery(url, query), headers: {}, body: "" };
    },
    judge: (answer) => judgeEcho(answer, echo),
  };
}
