import * as z from "zod";
import { isStandardSecret } from "./standard.ts";

const secret = (description: string, zh: string) =>
  z.string().min(1, "must not be empty").max(1024).meta({ secret: true, description, zh });

const scheme = <Name extends string>(name: Name, description: string, zh: string) =>
  z.literal(name).meta({ description, zh });

const headerName = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be the name of a header, such as X-Hub-Signature-256");

const standard = z.strictObject({
  scheme: scheme("standard", "Signed per Standard Webhooks.", "按 Standard Webhooks 签名。"),
  secrets: z
    .array(
      z
        .string()
        .refine(isStandardSecret, "must be whsec_ followed by the base64 of 24 to 64 bytes, as the sender shows it")
        .meta({ secret: true, description: "A signing secret, whsec_…", zh: "签名密钥，whsec_…" }),
    )
    .min(1, "must hold at least one secret")
    .max(4, "must hold at most 4 secrets: the one in use and those being replaced")
    .meta({
      description: "Any of them may have signed; more than one while a secret is being replaced.",
      zh: "任意一个的签名均可；更换密钥期间填写多个。",
    }),
});

const hmac = z.strictObject({
  scheme: scheme("hmac", "An HMAC of the body, in a header.", "请求头中携带请求体的 HMAC。"),
  secret: secret("The key of the HMAC, used as UTF-8.", "HMAC 的密钥，按 UTF-8 使用。"),
  old_secret: secret("The key that is being replaced; accepted as well.", "正在更换的旧密钥，同样接受。").optional(),
  header: headerName.meta({ description: "The header that holds the signature.", zh: "签名所在的请求头。" }),
  algorithm: z
    .enum(["sha256", "sha1", "sha512"])
    .default("sha256")
    .meta({ description: "The hash of the HMAC.", zh: "HMAC 的散列算法。" }),
  encoding: z
    .enum(["hex", "base64"])
    .default("hex")
    .meta({ description: "How the signature is written.", zh: "签名的编码方式。" }),
  prefix: z
    .string()
    .max(50)
    .default("")
    .meta({ description: "What stands before it: sha256= at GitHub.", zh: "签名之前的文字，如 GitHub 的 sha256=。" }),
});

const basic = z.strictObject({
  scheme: scheme("basic", "HTTP Basic authentication.", "HTTP Basic 认证。"),
  user: z
    .string()
    .max(256)
    .regex(/^[^:\p{Cc}]*$/u, "must have no colon: RFC 7617 ends the name there")
    .meta({ description: "The user of HTTP Basic authentication.", zh: "HTTP Basic 认证的用户名。" }),
  password: secret("Its password.", "密码。"),
});

const key = z
  .strictObject({
    scheme: scheme("key", "A key that only the caller knows.", "只有调用方知道的密钥。"),
    key: secret("What the caller must know.", "调用方须携带的密钥。"),
    old_key: secret("The key that is being replaced; accepted as well.", "正在更换的旧密钥，同样接受。").optional(),
    in: z.enum(["bearer", "header", "query"]).default("bearer").meta({
      description: "bearer: Authorization: Bearer …; header and query: under the name below.",
      zh: "bearer：Authorization: Bearer …；header 与 query：使用下面的名称。",
    }),
    name: headerName.optional().meta({
      description: "The header or the query parameter; not for bearer.",
      zh: "请求头或查询参数的名称，bearer 不填。",
    }),
  })
  .refine((rule) => (rule.in === "bearer") === (rule.name === undefined), {
    path: ["name"],
    error: "must name the header or the query parameter when `in` is header or query, and be absent for bearer",
  });

const path = z
  .string()
  .min(1, "must be a path such as alert.labels.0.name")
  .max(256)
  .refine((text) => text.split(".").length <= 16, "must have at most 16 steps");

const paths = (description: string, zh: string) =>
  z
    .array(path)
    .max(8)
    .default([])
    .meta({
      description: `${description} Dotted paths into the JSON; the first that holds a text or number counts.`,
      zh: `${zh}JSON 中以点分隔的路径，取第一个有文本或数字的。`,
    });

/** One place that calls: how it proves who it is, and where its JSON says what. */
export const webhookAccount = z.strictObject({
  verify: z.discriminatedUnion("scheme", [standard, hmac, basic, key]).meta({
    description: "How the caller proves who it is. There is no way to accept anybody.",
    zh: "调用方如何证明身份；不提供不验证的方式。",
  }),
  mapping: z
    .strictObject({
      title: paths("The title.", "标题。"),
      body: paths("The body.", "正文。"),
      level: paths("How urgent it is, in the sender's word.", "紧急程度，用发送方的说法。"),
      id: paths("What is the same when the call is repeated.", "重复调用时保持不变的标识。"),
    })
    .prefault({})
    .meta({ description: "Where the JSON says what.", zh: "JSON 中各项内容的位置。" }),
});

export type WebhookAccount = z.infer<typeof webhookAccount>;
export type Verification = WebhookAccount["verify"];
export type Mapping = WebhookAccount["mapping"];
