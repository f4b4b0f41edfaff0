import { type AppReading, askApp } from "./app-answer.ts";
import { AppFailure, type AppIdentity, type AppPorts, type AppRequest, type AppToken } from "./app-calls.ts";
import { amountOf, type JsonObject, textOf } from "./json-fields.ts";

/** A token lives at least this long, so that a wrong answer cannot have us ask without end. Seconds. */
const shortestSeconds = 60;

/**
 * Asks for a token and finds it in the answer.
 *
 * @param find Its key and that of its lifetime in seconds.
 * @throws AppFailure
 */
export async function askToken(
  { secret }: AppIdentity,
  { http, timeoutMs, nowMs }: AppPorts,
  request: Omit<AppRequest, "timeoutMs">,
  reading: AppReading,
  find: { readonly token: string; readonly seconds: string },
): Promise<AppToken> {
  const json = await askApp(http, { ...request, timeoutMs }, reading, { secrets: [secret], nowMs });
  const token = textOf(json[find.token]);
  if (token === undefined || /[^\x21-\x7e]/.test(token)) throw noToken(json);
  const seconds = Math.max(amountOf(json[find.seconds]) ?? shortestSeconds, shortestSeconds);
  return { token, lifetimeMs: seconds * 1000 };
}

function noToken(json: JsonObject): AppFailure {
  return new AppFailure({
    kind: "unavailable",
    code: "invalid-answer",
    message: `the platform's answer holds no token, only ${Object.keys(json).slice(0, 8).join(", ") || "nothing"}`,
    advice: "应答不是平台的格式：请检查地址与中间代理",
  });
}
