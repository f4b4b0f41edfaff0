import type { IncomingMessage } from "node:http";
import { subprotocol } from "./frames.ts";
import type { KeyMatch, TunnelKeys } from "./tunnel-keys.ts";

/** How an agent calls itself, percent-encoded UTF-8. */
export const agentNameHeader = "x-yizhan-agent";

/** Close code of RFC 6455 §7.4.2's private range: the key was taken out of the hub's configuration. */
export const revokedCode = 4401;

export interface Refusal {
  readonly status: 400 | 401 | 426 | 503;
  /** In words, for the agent to print. */
  readonly error: string;
}

/** The tunnel that an upgrade is for, empty for whichever its key opens; undefined when it is for something else. */
export function tunnelIn(url: string | undefined): string | undefined {
  return /^\/tunnels\/([\w.-]{0,64})(?:\?.*)?$/.exec(url ?? "")?.[1];
}

/** Who may come in, and why others may not. Words are for the agent, so no answer tells what tunnels there are. */
export function admit(request: IncomingMessage, tunnel: string, keys: TunnelKeys): KeyMatch | Refusal {
  const { authorization, "sec-websocket-protocol": protocols = "" } = request.headers;
  const key = /^bearer +(\S{1,1024})\s*$/i.exec(authorization ?? "")?.[1];
  if (key === undefined) return { status: 401, error: "缺少请求头Authorization: Bearer <密钥> (no key)" };
  const match = keys.match(key, tunnel);
  if (!match) return { status: 401, error: "隧道密钥无效 (the key opens no tunnel of this hub)" };
  if (!protocols.split(",").some((each) => each.trim() === subprotocol)) {
    return { status: 426, error: `需要子协议${subprotocol} (this hub speaks ${subprotocol})` };
  }
  return match;
}

/** How an agent calls itself, without what does not belong into a log. */
export function agentNameIn(request: IncomingMessage): string {
  const text = request.headers[agentNameHeader];
  try {
    const name = decodeURIComponent(typeof text === "string" ? text : "").replace(/\p{C}/gu, "");
    return [...name].slice(0, 64).join("") || "agent";
  } catch {
    return "agent";
  }
}

/** An answer in place of the upgrade, in the form of all answers of the hub. */
export function refusalBytes({ status, error }: Refusal): string {
  const [phrase, message] = phrases[status];
  const body = JSON.stringify({ code: status, message, data: { error } });
  return [
    `HTTP/1.1 ${status} ${phrase}`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ['WWW-Authenticate: Bearer realm="yizhan"'] : []),
    ...(status === 426 ? [`Sec-WebSocket-Protocol: ${subprotocol}`] : []),
    ...(status === 503 ? ["Retry-After: 5"] : []),
    "",
    body,
  ].join("\r\n");
}

const phrases: Readonly<Record<Refusal["status"], readonly [phrase: string, message: string]>> = {
  400: ["Bad Request", "请求参数错误"],
  401: ["Unauthorized", "未授权"],
  426: ["Upgrade Required", "协议不支持"],
  503: ["Service Unavailable", "服务不可用"],
};
