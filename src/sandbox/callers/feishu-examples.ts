import type { Fields } from "../stand-in.ts";

interface Example {
  readonly envelope?: "1.0" | "card";
  readonly event: Fields;
}

const person = { union_id: "on_zhangsan", user_id: "zhangsan", open_id: "ou_zhangsan" };
const i18n_names = { zh_cn: "沙箱", en_us: "Sandbox", ja_jp: "" };
const chat = {
  chat_id: "oc_sandbox",
  operator_id: person,
  external: false,
  operator_tenant_key: "sandbox",
  name: "Sandbox",
  i18n_names,
};
const users = [{ name: "李四", tenant_key: "sandbox", user_id: { ...person, user_id: "lisi", open_id: "ou_lisi" } }];

/**
 * Examples of events that no simulated person causes. Source: https://open.feishu.cn/document/server-docs/group/chat/events
 * and the pages beside it.
 */
export const feishuExamples: Readonly<Record<string, Example>> = {
  "im.chat.member.user.withdrawn_v1": { event: { ...chat, users } },
  "im.chat.member.bot.added_v1": { event: chat },
  "im.chat.member.bot.deleted_v1": { event: chat },
  "im.chat.updated_v1": {
    event: {
      chat_id: "oc_sandbox",
      operator_id: person,
      external: false,
      operator_tenant_key: "sandbox",
      before_change: { name: "Sandbox" },
      after_change: { name: "Beach" },
    },
  },
  "im.chat.disbanded_v1": { event: chat },
  p2p_chat_create: {
    envelope: "1.0",
    event: {
      chat_id: "oc_sandbox",
      operator: { open_id: "ou_zhangsan", user_id: "zhangsan" },
      user: { name: "张三", open_id: "ou_zhangsan", user_id: "zhangsan" },
    },
  },
  /** A message in the first envelope. */
  message: {
    envelope: "1.0",
    event: {
      msg_type: "text",
      chat_type: "private",
      open_id: "ou_zhangsan",
      open_chat_id: "oc_sandbox",
      open_message_id: "om_sandbox",
      is_mention: false,
      text: "你好",
      text_without_at_bot: "你好",
    },
  },
  "card.action.trigger_v1": {
    envelope: "card",
    event: {
      open_id: "ou_zhangsan",
      user_id: "zhangsan",
      open_message_id: "om_sandbox",
      open_chat_id: "oc_sandbox",
      token: "c-sandbox",
      action: { value: { key: "approve" }, tag: "button" },
    },
  },
};
