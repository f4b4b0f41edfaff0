import { type AppAnswer, AppFailure, type AppHttp, type AppRequest } from "./app-calls.ts";
import { type ErrorTable, errorOf } from "./definition.ts";
import { failureOf, statusErrorOf } from "./http.ts";
import { type JsonObject, parseObject } from "./json-fields.ts";
import { codeIn, quotable, wordsIn } from "./robot-answer.ts";

/** How a platform's API answers. */
export interface AppReading {
  readonly errors: ErrorTable;
  /** The key of the platform's code, `errcode` or `code`; where there is none, all is well. */
  readonly codeKey: string;
  readonly wordsKey: string;
  /** Codes that say that the token is no longer good. */
  readonly tokenCodes: ReadonlySet<string>;
}

/** What an answer is read with. */
export interface AppContext {
  /** Blotted out of whatever the platform or the network said. */
  readonly secrets: readonly string[];
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** JSON answers longer than this are none that we asked for. */
const longestJson = 1024 * 1024;

/**
 * Asks for JSON.
 *
 * @throws AppFailure for anything but the platform's success.
 */
export async function askApp(
  http: AppHttp,
  request: AppRequest,
  reading: AppReading,
  context: AppContext,
): Promise<JsonObject> {
  const answer = await openApp(http, request, context);
  return jsonIn(answer, reading, context);
}

/** @throws AppFailure when no answer came. */
export async function openApp(http: AppHttp, request: AppRequest, { secrets }: AppContext): Promise<AppAnswer> {
  try {
    return await http.open(request);
  } catch (cause) {
    throw new AppFailure(quotable(failureOf(cause), secrets));
  }
}

/**
 * Reads an answer that ought to be the platform's JSON.
 *
 * @throws AppFailure
 */
export async function jsonIn(answer: AppAnswer, reading: AppReading, context: AppContext): Promise<JsonObject> {
  const { secrets, nowMs } = context;
  const json = parseObject(await textIn(answer, secrets));
  const code = json && codeIn(json[reading.codeKey]);
  const statusError = statusErrorOf({ ...answer, body: "" }, nowMs);
  if (json && (code === undefined || code === "0") && !statusError) return json;
  if (json && code !== undefined && code !== "0") {
    const words = wordsIn(json[reading.wordsKey]);
    const tokenRefused = reading.tokenCodes.has(code);
    const known = reading.errors[code] || !statusError;
    const error = known ? errorOf(reading.errors, code, words) : { ...statusError, code, message: words };
    const kind = tokenRefused ? "unauthorized" : error.kind;
    throw new AppFailure(quotable({ ...error, kind }, secrets), { tokenRefused });
  }
  if (statusError) throw new AppFailure(statusError, { tokenRefused: answer.status === 401 });
  throw new AppFailure({
    kind: "unavailable",
    code: "invalid-answer",
    message: `HTTP ${answer.status} without the platform's JSON`,
    advice: "应答不是平台的格式：请检查地址与中间代理",
  });
}

async function textIn({ chunks }: AppAnswer, secrets: readonly string[]): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > longestJson) return "";
      parts.push(chunk);
    }
  } catch (cause) {
    throw new AppFailure(quotable(failureOf(cause), secrets));
  }
  return Buffer.concat(parts).toString("utf8");
}
