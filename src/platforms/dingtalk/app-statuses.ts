import { type AppCall, AppFailure, type StatusAnswer, type StatusQuery, type WatchedMessage } from "../app-calls.ts";
import { idOf, type JsonObject, objectOf, objectsOf, textOf, textsOf } from "../json-fields.ts";
import { askDingtalk, askOlderDingtalk } from "./app-request.ts";
import type { DingtalkApp } from "./callback-account.ts";

type Call = AppCall<DingtalkApp>;
type State = StatusAnswer["states"][number];

const dayMs = 24 * 3_600_000;

/** What DingTalk answers of its app's messages, by kind. Each for a day. */
export const dingtalkStatuses: Readonly<Record<string, StatusQuery<DingtalkApp>>> = {
  direct: { limitMs: dayMs, needs: [], ask: ({ messageId }, call) => unlessTooEarly(directStatus(messageId, call)) },
  group: { limitMs: dayMs, needs: ["chat"], ask: (message, call) => unlessTooEarly(groupStatus(message, call)) },
  "work-notification": { limitMs: dayMs, needs: ["agent"], ask: workStatus },
};

/** https://open.dingtalk.com/document/development/chatbot-batch-query-the-read-status-of-messages */
async function directStatus(messageId: string, call: Call): Promise<StatusAnswer> {
  const query = new URLSearchParams({ robotCode: robotOf(call.account), processQueryKey: messageId });
  const json = await askDingtalk(call, { method: "GET", path: `/v1.0/robot/oToMessages/readStatus?${query}` });
  const people = objectsOf(json.messageReadInfoList);
  const read = people.filter(({ readStatus }) => readStatus === "READ");
  const states = [...sendState(json), ...read.flatMap(({ userId, name }) => personState("read", userId, name))];
  return { states, final: isRecalled(json) || (people.length > 0 && read.length === people.length) };
}

/** Pages of two hundred: more readers than this are not asked for. */
const mostPages = 50;

/** https://open.dingtalk.com/document/development/chatbot-queries-the-read-status-of-a-message */
async function groupStatus({ messageId, chat }: WatchedMessage, call: Call): Promise<StatusAnswer> {
  const states: State[] = [];
  let next: string | undefined;
  let answer: JsonObject = {};
  for (let pages = 0; pages < mostPages; pages++) {
    const body = {
      robotCode: robotOf(call.account),
      openConversationId: chat,
      processQueryKey: messageId,
      maxResults: 200,
      ...(next === undefined ? {} : { nextToken: next }),
    };
    answer = await askDingtalk(call, { method: "POST", path: "/v1.0/robot/groupMessages/query", body });
    states.push(...textsOf(answer.readUserIds).flatMap((id) => personState("read", id)));
    next = textOf(answer.nextToken);
    if (answer.hasMore !== true || next === undefined) break;
  }
  return { states: [...sendState(answer), ...states], final: isRecalled(answer) };
}

/** https://open.dingtalk.com/document/development/gets-the-result-of-sending-messages-asynchronously-to-the-enterprise */
async function workStatus({ messageId, agent }: WatchedMessage, call: Call): Promise<StatusAnswer> {
  const path = "/topapi/message/corpconversation/getsendresult";
  const json = await askOlderDingtalk(call, path, { agent_id: agent, task_id: messageId });
  const result = objectOf(json.send_result);
  const reasons = new Map(objectsOf(result.forbidden_list).map(({ userid, code }) => [idOf(userid), idOf(code)]));
  const failed = (key: string, reason: string) =>
    textsOf(result[key]).flatMap((id) => personState("failed", id, undefined, reasons.get(id) ?? reason));
  const read = textsOf(result.read_user_id_list);
  const unread = textsOf(result.unread_user_id_list);
  return {
    states: [
      ...[...read, ...unread].flatMap((id) => personState("sent", id)),
      ...read.flatMap((id) => personState("read", id)),
      ...failed("invalid_user_id_list", "invalid"),
      ...failed("forbidden_user_id_list", "forbidden"),
      ...failed("failed_user_id_list", "failed"),
    ],
    final: read.length > 0 && unread.length === 0,
  };
}

/**
 * What a message's key is not yet known by is answered like one that ran out; which of the two it is, the caller's
 * schedule knows.
 */
async function unlessTooEarly(answer: Promise<StatusAnswer>): Promise<StatusAnswer> {
  try {
    return await answer;
  } catch (failure) {
    const code = failure instanceof AppFailure ? failure.error.code : "";
    if (/^(robot\.)?processQueryKey\.expire(Time|d)$/.test(code)) return { states: [], final: false };
    throw failure;
  }
}

/** The page's example has SUCESS. */
function sendState({ sendStatus }: JsonObject): State[] {
  if (sendStatus === "SUCCESS" || sendStatus === "SUCESS") return [{ state: "sent" }];
  return sendStatus === "RECALLED" ? [{ state: "recalled" }] : [];
}

function isRecalled({ sendStatus }: JsonObject): boolean {
  return sendStatus === "RECALLED";
}

function personState(state: State["state"], userId: unknown, userName?: unknown, reason?: string): State[] {
  const id = idOf(userId);
  if (id === undefined) return [];
  const name = textOf(userName);
  const person = { id, kind: "user", ...(name === undefined ? {} : { name }) } as const;
  return [{ state, person, ...(reason === undefined ? {} : { reason }) }];
}

function robotOf({ robot_code, client_id }: DingtalkApp): string {
  return robot_code ?? client_id;
}
