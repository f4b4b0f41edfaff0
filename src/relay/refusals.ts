import type { FailureCause } from "./failure.ts";
import type { PathProblem } from "./path.ts";

/** Why a request was not passed on. */
export type RefusalCause =
  | `path-${PathProblem}`
  | "path-not-allowed"
  | "method-not-allowed"
  | "host-unclear"
  | "transfer-coding-unknown"
  | "too-many-header-lines"
  | "expectation-unknown"
  | "body-too-large"
  | "body-too-slow"
  /** A callback could not be written down: the platform has to come again. */
  | "not-stored"
  | "loop"
  /** Neither an address nor a key that may use the door outward. */
  | "egress-denied";

/** What the caller is told: nothing of it names the target. */
export interface Words {
  readonly status: number;
  /** As the API's envelope says it. */
  readonly message: string;
  readonly zh: string;
  readonly en: string;
}

const badRequest = (zh: string, en: string): Words => ({ status: 400, message: "请求参数错误", zh, en });
const badGateway = (zh: string, en: string): Words => ({ status: 502, message: "目标服务器错误", zh, en });
const tooLate = (zh: string, en: string): Words => ({ status: 504, message: "目标服务器超时", zh, en });
const unavailable = (zh: string, en: string): Words => ({ status: 503, message: "转发不可用", zh, en });

/** Every cause in words. A test holds `docs/errors.md` to it. */
export const causes: Readonly<Record<RefusalCause | FailureCause, Words>> = {
  "path-hash": badRequest("路径中不能有#", "the path has a #"),
  "path-control": badRequest("路径中不能有控制字符，编码后的也不行", "the path has control characters, raw or encoded"),
  "path-backslash": badRequest("路径中不能有反斜杠", "the path has a backslash"),
  "path-percent": badRequest("路径中的百分号编码不正确", "the path has a % that two hex digits do not follow"),
  "path-dot-segment": badRequest("路径中不能有..，编码后的也不行", "the path has .. as a segment, raw or encoded"),
  "host-unclear": badRequest("应有且只有一个Host", "there must be exactly one Host, with one name"),
  "path-not-allowed": { status: 404, message: "接口不存在", zh: "该路径不对外开放", en: "this path is not open" },
  "method-not-allowed": {
    status: 405,
    message: "请求方法不允许",
    zh: "该路径不转发这种请求方法",
    en: "this method is not passed on here",
  },
  "body-too-slow": {
    status: 408,
    message: "请求超时",
    zh: "请求体未在时限内发送完",
    en: "the request's body stopped coming",
  },
  "body-too-large": {
    status: 413,
    message: "请求体过大",
    zh: "请求体超过上限",
    en: "the request's body is over the limit",
  },
  "expectation-unknown": {
    status: 417,
    message: "无法满足Expect",
    zh: "只支持Expect: 100-continue",
    en: "only Expect: 100-continue is understood",
  },
  "too-many-header-lines": {
    status: 431,
    message: "请求头过大",
    zh: "请求头行数超过上限",
    en: "there are more header lines than allowed",
  },
  "transfer-coding-unknown": {
    status: 501,
    message: "不支持的传输编码",
    zh: "Transfer-Encoding只支持chunked",
    en: "the only Transfer-Encoding understood is chunked",
  },
  "not-stored": {
    status: 503,
    message: "存储不可用",
    zh: "回调暂时无法保存，请稍后重试",
    en: "the callback cannot be stored now; come again",
  },
  "egress-denied": {
    status: 403,
    message: "无权访问",
    zh: "来源地址不在egress.callers中，也没有携带有效的X-Egress-Key",
    en: "your address is not among egress.callers, and there is no X-Egress-Key that is known",
  },
  loop: {
    status: 508,
    message: "转发成环",
    zh: "请求已多次经过这样的转发，请检查目标地址",
    en: "the request came through relays like this one too often",
  },

  "target-refused": badGateway("目标服务器拒绝连接", "the target refused the connection"),
  "target-unresolvable": badGateway("目标服务器的名称无法解析", "the target's name does not resolve"),
  "target-closed": badGateway(
    "目标服务器在应答完成前断开",
    "the target closed the connection before its answer was complete",
  ),
  "target-answer-invalid": badGateway("目标服务器的应答不是有效的HTTP", "what the target answered is not HTTP"),
  "target-connect-timeout": tooLate("未在时限内连上目标服务器", "the target could not be connected to in time"),
  "target-answer-timeout": tooLate("目标服务器未在时限内应答", "the target did not answer in time"),
  "target-idle-timeout": tooLate("目标服务器的应答中断", "the target's answer stopped coming"),
  "no-target": unavailable("没有可用的目标服务器", "no target is up"),
  overloaded: unavailable("进行中的请求过多，请稍后重试", "too many requests are under way; try again later"),
  "caller-gone": { status: 499, message: "调用方已断开", zh: "调用方已断开", en: "the caller left" },
  unexpected: { status: 500, message: "服务器内部错误", zh: "请查看服务日志", en: "look into the relay's log" },
};
