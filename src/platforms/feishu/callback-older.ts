import { idOf, type JsonObject, objectOf, objectsOf, textOf } from "../json-fields.ts";
import type { Envelope } from "./callback-envelope.ts";

/**
 * An event of the older envelope in the words of the newer one, so that both are read alike; every other as it is. Apps
 * that once subscribed go on getting these:
 * https://open.feishu.cn/document/ukTMukTMukTM/uMTNxYjLzUTM24yM1EjN (messages, the app in and out of groups),
 * https://open.feishu.cn/document/ukTMukTMukTM/ukjNxYjL5YTM24SO2EjN (people in and out of groups)
 */
export function inNewerWords<Told extends Envelope>(told: Told): Told {
  const known = older.get(told.type);
  if (known === undefined) return told;
  const [type, translate] = known;
  return { ...told, type, event: translate(told.event) };
}

type Translate = (event: JsonObject) => JsonObject;

const older: ReadonlyMap<string, readonly [type: string, translate: Translate]> = new Map([
  ["message", ["im.message.receive_v1", message]],
  ["message_read", ["im.message.message_read_v1", reading]],
  ["add_bot", ["im.chat.member.bot.added_v1", itself]],
  ["remove_bot", ["im.chat.member.bot.deleted_v1", itself]],
  ["add_user_to_chat", ["im.chat.member.user.added_v1", members]],
  ["remove_user_from_chat", ["im.chat.member.user.deleted_v1", members]],
  ["revoke_add_user_from_chat", ["im.chat.member.user.withdrawn_v1", members]],
  ["chat_disband", ["im.chat.disbanded_v1", members]],
]);

function message(event: JsonObject): JsonObject {
  const { open_id, union_id, employee_id: user_id } = event;
  const { text, mentions } = calledIn(textOf(event.text) ?? "");
  return {
    sender: { sender_id: { open_id, union_id, user_id }, sender_type: "user" },
    message: {
      message_id: event.open_message_id,
      ...(idOf(event.parent_id) === undefined ? {} : { parent_id: event.parent_id }),
      chat_id: event.open_chat_id,
      chat_type: event.chat_type === "private" ? "p2p" : event.chat_type,
      message_type: event.msg_type,
      content: JSON.stringify(contentOf(event, text)),
      mentions,
    },
  };
}

/** Of rich texts only their words are told, and the pictures beside them. */
function contentOf({ msg_type, title, image_key, image_keys, file_key }: JsonObject, text: string): JsonObject {
  if (msg_type !== "post") return { text, image_key, file_key };
  const pictures = Array.isArray(image_keys) ? image_keys : [image_key];
  const nodes = [{ tag: "text", text }, ...pictures.map((key) => ({ tag: "img", image_key: key }))];
  return { title, content: [nodes] };
}

/** `<at open_id="…">@Name</at>` as the placeholders that newer messages have. */
function calledIn(text: string): { readonly text: string; readonly mentions: readonly JsonObject[] } {
  const mentions: JsonObject[] = [];
  const named = text.replace(/<at open_id="([^"<>]{1,100})">([^<>]{0,200})<\/at>/g, (whole, open_id, name: string) => {
    if (mentions.length === mostCalled) return whole;
    const key = `@_user_${mentions.length + 1}`;
    mentions.push({ key, id: { open_id }, name: name.replace(/^@/, "") });
    return key;
  });
  return { text: named, mentions };
}

const mostCalled = 100;

function reading({ open_id, open_message_ids }: JsonObject): JsonObject {
  return { reader: { reader_id: { open_id } }, message_id_list: open_message_ids };
}

function itself({ open_chat_id, chat_name, operator_open_id }: JsonObject): JsonObject {
  return { chat_id: open_chat_id, name: chat_name, operator_id: { open_id: operator_open_id } };
}

function members({ chat_id, operator, users, app_id }: JsonObject): JsonObject {
  const people = objectsOf(users).map(({ name, open_id, user_id }) => ({ name, user_id: { open_id, user_id } }));
  return { chat_id, operator_id: objectOf(operator), users: people, app_id };
}
