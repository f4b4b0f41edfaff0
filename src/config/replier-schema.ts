import * as z from "zod";
import { isSigningSecret } from "../dispatch/webhook-signature.ts";
import { eventTypes } from "../model/event.ts";

/** One entry of `replies`. */
export const replierSchema = z.strictObject({
  url: z.string().min(1).max(2_048).meta({
    description:
      'Where the Event is posted, as to a subscription. Answered with 200 and `{ "text": … }` in JSON, or 204 for nothing to say.',
    zh: '以 POST 发送事件的地址，格式与订阅相同；应答 200 与 JSON `{ "text": … }` 即为回复，204 表示不回复。',
  }),
  secret: z
    .string()
    .max(200)
    .refine(isSigningSecret)
    .meta({ expected: "whsec_ and the base64 of 24 to 64 bytes" })
    .meta({
      description: "Signs each request per Standard Webhooks: `whsec_` and the base64 of 24 to 64 random bytes.",
      zh: "按 Standard Webhooks 签名的密钥：`whsec_` 加 24 到 64 个随机字节的 base64。",
      secret: true,
    }),
  account: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}$/)
    .meta({ expected: 'a platform and an account\'s name, such as "wecom/default"' })
    .optional()
    .meta({
      description: "Whose callbacks are replied to, as `platform/name`; every account's, when absent.",
      zh: "回复哪个账号的回调，写作 `平台/名称`；缺省为全部账号。",
    }),
  types: z.array(z.enum(eventTypes)).max(64).default([]).meta({
    description: "Event types that it is asked about; all that can be replied to, when empty.",
    zh: "询问哪些类型的事件；为空时是所有可以回复的事件。",
  }),
  tries: z.int().min(1).max(3).default(1).meta({
    description:
      "How many of the platform's tries it may take. With 2 or 3, the first ones are left to run out while it thinks: about 9 or 14 seconds in place of 4.",
    zh: "可以占用平台的几次尝试。为 2 或 3 时，前几次不应答而继续等待，时限由约 4 秒变为约 9 或 14 秒。",
  }),
});
