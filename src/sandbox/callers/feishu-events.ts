import type { Fields } from "../stand-in.ts";
import { type Moment, untold } from "./call.ts";
import { feishuExamples } from "./feishu-examples.ts";
import type { Happening, Of } from "./happening.ts";
import { hexId, steadyId } from "./ids.ts";
import { articled, required } from "./required.ts";

export interface FeishuEvent {
  readonly name: string;
  /** `card` is the first version of card callbacks, which has no envelope. */
  readonly envelope: "1.0" | "2.0" | "card";
  readonly event: Fields;
  readonly messageId?: string;
}

interface App {
  readonly app_id: string;
  readonly tenant_key: string;
}

/**
 * What a Feishu app is told. Source: https://open.feishu.cn/document/server-docs/im-v1/message/events/receive and the
 * pages beside it; chats: https://open.feishu.cn/document/server-docs/group/chat-member/event/added-2.
 *
 * @throws RangeError for what apps are never told.
 */
export function feishuEvent(happening: Exclude<Happening, Of<"verify">>, app: App, moment: Moment): FeishuEvent {
  const tell = (name: string, event: Fields): FeishuEvent => ({ name, envelope: "2.0", event });
  const now = String(moment.nowMs);
  switch (happening.event) {
    case "message": {
      const message = messageOf(happening, moment);
      const event = { sender: senderOf(happening.person, app), message };
      return { ...tell("im.message.receive_v1", event), messageId: message.message_id };
    }
    case "click":
      return tell("card.action.trigger", clickOf(happening, app, moment));
    case "read": {
      const reader = { reader_id: personId(happening.person), read_time: now, tenant_key: app.tenant_key };
      return tell("im.message.message_read_v1", { reader, message_id_list: happening.messages });
    }
    case "recall": {
      const { message, chat } = happening;
      const event = { message_id: message, chat_id: chat, recall_time: now, recall_type: "message_owner" };
      return tell("im.message.recalled_v1", event);
    }
    case "react":
      return tell("im.message.reaction.created_v1", reactionOf(happening, now));
    case "unreact":
      return tell("im.message.reaction.deleted_v1", reactionOf(happening, now));
    case "join":
      return tell("im.chat.member.user.added_v1", membersOf(happening, app));
    case "leave":
      return tell("im.chat.member.user.deleted_v1", membersOf(happening, app));
    case "enter": {
      const event = { chat_id: directChat(happening.person), operator_id: personId(happening.person) };
      return tell("im.chat.access_event.bot_p2p_chat_entered_v1", event);
    }
    case "menu": {
      const operator = { operator_name: happening.person, operator_id: personId(happening.person) };
      const event = { operator, event_key: happening.key, timestamp: Math.floor(moment.nowMs / 1000) };
      return tell("application.bot.menu_v6", event);
    }
    case "native": {
      const example = feishuExamples[happening.name];
      const envelope = happening.envelope ?? example?.envelope ?? "2.0";
      return { name: happening.name, envelope, event: { ...example?.event, ...happening.fields } };
    }
    default:
      return untold(
        "feishu",
        happening,
        "apps get messages, reading, recalls, reactions, members, clicks, menus, enter",
      );
  }
}

/** The same three ids for the same name; only `user_id` is the name itself. */
export function personId(person: string): { union_id: string; user_id: string; open_id: string } {
  return {
    union_id: steadyId("on_", person),
    user_id: person,
    open_id: person.startsWith("ou_") ? person : steadyId("ou_", person),
  };
}

function senderOf(person: string, { tenant_key }: App): Fields {
  return { sender_id: personId(person), sender_type: "user", tenant_key };
}

/** A group is named by its id; what a person writes to the app has a chat of its own. */
function messageOf(message: Of<"message">, moment: Moment): Fields & { message_id: string } {
  const { chat, replyTo } = message;
  const [type, content, mentions] = contentOf(message);
  const time = String(moment.nowMs);
  return {
    message_id: message.message ?? `om_${hexId(moment)}`,
    ...(replyTo === undefined ? {} : { root_id: replyTo, parent_id: replyTo }),
    create_time: time,
    update_time: time,
    chat_id: chat ?? directChat(message.person),
    chat_type: chat === undefined ? "p2p" : "group",
    message_type: type,
    content: JSON.stringify(content),
    ...(mentions === undefined ? {} : { mentions }),
  };
}

function directChat(person: string): string {
  return steadyId("oc_", person);
}

type Content = readonly [type: string, content: Fields, mentions?: readonly Fields[]];

/** In groups the app hears only what mentions it, so its mention is added. */
function contentOf(message: Of<"message">): Content {
  const { kind, text, title = "", media, fileName = "file" } = message;
  const isGroup = message.chat !== undefined;
  const key = () => required("media", media, `${articled(kind)} has a file key`);
  switch (kind) {
    case "text":
      return isGroup ? ["text", { text: `@_user_1 ${text}` }, [robotMention]] : ["text", { text }];
    case "post": {
      const said = { tag: "text", text, style: [] };
      const mention = { tag: "at", user_id: "@_user_1", user_name: robotMention.name, style: [] };
      const content = [isGroup ? [mention, said] : [said]];
      return isGroup ? ["post", { title, content }, [robotMention]] : ["post", { title, content }];
    }
    case "link":
      return [
        "post",
        { title, content: [[{ tag: "a", href: required("url", message.url, "a link has one"), text, style: [] }]] },
      ];
    case "image":
      return ["image", { image_key: key() }];
    case "voice":
      return ["audio", { file_key: key(), duration: 2_000 }];
    case "video":
      return ["media", { file_key: key(), image_key: `${key()}-cover`, file_name: fileName, duration: 2_000 }];
    case "file":
      return ["file", { file_key: key(), file_name: fileName }];
    case "location": {
      const latitude = required("latitude", message.latitude, "a location has one");
      const longitude = required("longitude", message.longitude, "a location has one");
      return ["location", { name: text, longitude: String(longitude), latitude: String(latitude) }];
    }
  }
}

const robotMention = {
  key: "@_user_1",
  id: { union_id: "on_sandbox_robot", open_id: "ou_sandbox_robot" },
  mentioned_type: "bot",
  name: "Robot",
  tenant_key: "sandbox",
};

function reactionOf({ message, emoji, person }: Of<"react" | "unreact">, now: string): Fields {
  return {
    message_id: message,
    reaction_type: { emoji_type: emoji },
    operator_type: "user",
    user_id: personId(person),
    action_time: now,
  };
}

function membersOf({ chat, people, operator }: Of<"join" | "leave">, { tenant_key }: App): Fields {
  const users = people.map((name) => ({ name, tenant_key, user_id: personId(name) }));
  return {
    chat_id: chat,
    operator_id: personId(operator ?? people[0] ?? "zhangsan"),
    external: false,
    operator_tenant_key: tenant_key,
    users,
    name: "Sandbox",
    i18n_names: { zh_cn: "沙箱", en_us: "Sandbox", ja_jp: "" },
  };
}

function clickOf({ person, chat, message, key, value, chosen }: Of<"click">, app: App, moment: Moment): Fields {
  const form =
    chosen && Object.fromEntries(Object.entries(chosen).map(([name, all]) => [name, all.length > 1 ? all : all[0]]));
  return {
    operator: { tenant_key: app.tenant_key, ...personId(person) },
    token: `c-${hexId(moment, 20)}`,
    action: { value, tag: "button", timezone: "Asia/Shanghai", name: key, ...(form ? { form_value: form } : {}) },
    host: "im_message",
    context: { open_message_id: message, open_chat_id: chat ?? directChat(person) },
  };
}
