import * as z from "zod";
import { type EventType, eventTypes } from "../model/event.ts";
import { type EventData, messageStates } from "../model/event-data.ts";

const person = z
  .object({
    id: z.string(),
    name: z.string().optional(),
    kind: z.enum(["user", "bot"]).optional().describe("平台说明时才有 | Where the platform says so"),
  })
  .describe("平台自己的 ID | In the platform's own ids");

const chat = z.object({ id: z.string(), kind: z.enum(["direct", "group"]), name: z.string().optional() });

const attachment = z.object({
  kind: z.enum(["image", "voice", "video", "file"]),
  ref: z.string().optional().describe("平台下载接口所需的标识 | What the platform's download call wants"),
  url: z.string().optional().describe("平台给出的地址，常为短期有效 | Often short-lived"),
  name: z.string().optional(),
  bytes: z.number().optional(),
  durationMs: z.number().optional(),
});

const received = z.object({
  messageId: z.string().describe("平台的消息 ID | The platform's id"),
  kind: z.string().describe("平台的消息类型 | The platform's word: text, image …"),
  chat,
  sender: person,
  title: z.string().optional().describe("邮件主题 | A mail's subject"),
  text: z.string(),
  mentions: z.array(person),
  attachments: z.array(attachment),
  location: z.object({ latitude: z.number(), longitude: z.number(), label: z.string().optional() }).exactOptional(),
  link: z.object({ url: z.string(), title: z.string().optional(), text: z.string().optional() }).exactOptional(),
  replyTo: z.string().optional().describe("被回复的消息 | The message it answers"),
  thread: z.string().optional(),
  automatic: z.boolean().optional().describe("自动回复的邮件 | No person wrote it"),
});

const status = z.object({
  messageId: z.string(),
  state: z.enum(messageStates),
  person: person.optional(),
  reason: z.string().optional(),
  counts: z.record(z.string(), z.number()).optional().describe("批量发送的数量 | Of a whole batch"),
});

const interaction = z.object({
  kind: z.enum(["click", "reply", "forward", "reaction", "reaction-removed", "menu"]),
  messageId: z.string().optional(),
  person,
  chat: chat.optional(),
  key: z.string().optional().describe("按钮、表情或菜单的键 | Of the button, emoji or menu"),
  value: z.unknown().optional().describe("所选或所填 | What was chosen or typed"),
});

const membership = z.object({ chat, people: z.array(person), operator: person.optional() });

const details = z.record(z.string(), z.unknown()).describe("平台的字段 | The platform's fields, under its names");

const happening = z.object({
  event: z.string().describe("平台的事件名 | The platform's name of it"),
  person: person.optional(),
  key: z.string().optional(),
  details,
});

const change = z.object({
  chat,
  change: z.enum(["renamed", "owner", "disbanded", "other"]),
  operator: person.optional(),
  details,
});

const call = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  level: z.string().optional(),
  json: z.unknown(),
});

/** What each type of Event carries, as the documents show it; the compiler holds it to the model. */
const dataSchemas: { readonly [Type in EventType]: z.ZodType<EventData[Type]> } = {
  "yizhan.message.received": received,
  "yizhan.message.status": status,
  "yizhan.message.interaction": interaction,
  "yizhan.member.joined": membership,
  "yizhan.member.left": membership,
  "yizhan.chat.changed": change,
  "yizhan.app.subscribed": happening,
  "yizhan.app.unsubscribed": happening,
  "yizhan.app.entered": happening,
  "yizhan.app.menu": happening,
  "yizhan.app.scanned": happening,
  "yizhan.app.location": happening,
  "yizhan.app.contacts": happening,
  "yizhan.app.job": happening,
  "yizhan.app.other": happening,
  "yizhan.webhook.received": call,
};

/** A CloudEvents 1.0 envelope, as the API shows it; its `type` says what `data` is. */
export const eventSchema = z.union(
  eventTypes.map((type) =>
    z.object({
      specversion: z.literal("1.0"),
      id: z.uuid(),
      source: z.string().describe("/tenants/…/accounts/…"),
      type: z.literal(type),
      subject: z.string().optional().describe("会话或用户 | The chat or user"),
      time: z.iso.datetime().describe("平台所说的发生时间 | When it happened, according to the platform"),
      datacontenttype: z.literal("application/json"),
      data: dataSchemas[type],
      tenant: z.string(),
      platform: z.string(),
      account: z.string(),
    }),
  ),
);
