import type { StoreError } from "../store/errors.ts";

/** What a client is told about a failure that is not its own. Details go to the log. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  readonly error: string;
  readonly retryAfterSeconds?: number;
}

const unavailable = (error: string): Failure => ({ status: 503, message: "存储不可用", error, retryAfterSeconds: 5 });

/** The store's codes as answers; the only place that knows both. */
export const storeFailures: Readonly<Record<StoreError["code"], Failure>> = {
  STORE_FULL: unavailable("磁盘已满，请求未保存，请联系管理员清理空间"),
  STORE_BUSY: unavailable("存储繁忙，请求未保存，请稍后重试"),
  STORE_FAILED: unavailable("存储读写失败，请求未保存，请查看服务日志"),
  STORE_LOCKED: unavailable("存储被其他进程占用，请求未保存"),
  STORE_CLOSED: {
    status: 503,
    message: "服务正在停止",
    error: "服务正在停止，请求未保存，请稍后重试",
    retryAfterSeconds: 5,
  },
  STORE_SECRET: { status: 500, message: "服务器内部错误", error: "请查看服务日志" },
};

export const internalFailure: Failure = { status: 500, message: "服务器内部错误", error: "请查看服务日志" };

/**
 * What the framework refuses before a handler runs, by its error code
 * (https://fastify.dev/docs/latest/Reference/Errors/).
 */
export const frameworkFailures: Readonly<Record<string, Failure>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, message: "请求体过大", error: "请求体超过上限" },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    message: "不支持的请求类型",
    error: "Content-Type格式不正确，应为application/json",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    message: "请求参数错误",
    error: "请求体长度与Content-Length不一致",
  },
  FST_ERR_BAD_URL: { status: 400, message: "请求参数错误", error: "路径中的百分号编码不正确" },
  FST_ERR_MAX_PARAM_LENGTH: { status: 404, message: "接口不存在", error: "路径过长" },
};

/** What Node's parser refuses before there is a request (https://nodejs.org/api/http.html#event-clienterror). */
export const connectionFailures: Readonly<Record<string, Failure>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: "请求头过大", error: "请求头超过上限" },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: "请求体过大", error: "分块扩展超过上限" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: "请求超时", error: "请求未在时限内发送完" },
};

export const malformedFailure: Failure = { status: 400, message: "请求参数错误", error: "不是有效的HTTP请求" };
