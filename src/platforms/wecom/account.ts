import * as z from "zod";
import { connection } from "../streaming-account.ts";
import { apiBase, appSecret, callbackToken, encodingAesKey } from "../tencent-account.ts";

const app = z
  .strictObject({
    kind: z.literal("app").meta({ description: "A self-built app.", zh: "自建应用。" }),
    corp_id: z
      .string()
      .regex(/^[\w-]{1,64}$/, "must be the corp id: My Company at the bottom of the admin page, ww… or wx…")
      .meta({ description: "Corp id: My Company in the admin page.", zh: "企业 ID，见管理后台“我的企业”。" }),
    agent_id: z
      .union([z.string().regex(/^\d{1,20}$/, "must be the app's AgentId, a number"), z.int().nonnegative()])
      .transform(String)
      .optional()
      .meta({ description: "The app's AgentId; receiving does not need it.", zh: "应用的 AgentId；仅接收可不填。" }),
    secret: appSecret.optional(),
    token: callbackToken,
    encoding_aes_key: encodingAesKey.optional(),
    mode: z.enum(["safe", "plain"]).default("safe").meta({
      description:
        "safe: encrypted. plain: neither encrypted nor signed over its content; only where nothing else can be.",
      zh: "safe 为加密模式；plain 为明文模式，内容不受签名保护，仅用于无法加密的旧部署。",
    }),
    base_url: apiBase("https://qyapi.weixin.qq.com"),
    receive_id: z.string().max(128, "must be at most 128 characters").optional().meta({
      description: "What frames end with, where it is not the corp id: a third-party app's suite id.",
      zh: "加密内容末尾的标识，默认为企业 ID；第三方应用填 SuiteId。",
    }),
  })
  .refine(({ mode, encoding_aes_key }) => mode === "plain" || encoding_aes_key !== undefined, {
    path: ["encoding_aes_key"],
    error: "must be set: mode safe decrypts with it",
  });

const bot = z
  .strictObject({
    kind: z.literal("bot").meta({ description: "An intelligent robot (智能机器人).", zh: "智能机器人。" }),
    connection,
    token: callbackToken.optional(),
    encoding_aes_key: encodingAesKey.optional(),
    bot_id: z.string().min(1).max(128, "must be at most 128 characters").optional().meta({
      description: "The robot's Bot ID, where its API mode is the long connection. A stream needs it.",
      zh: "智能机器人的 Bot ID，见其 API 模式“长连接”；长连接模式必填。",
    }),
    secret: z.string().min(1).max(512, "must be at most 512 characters").optional().meta({
      secret: true,
      description: "The robot's Secret, beside the Bot ID. A stream needs it.",
      zh: "智能机器人的 Secret，与 Bot ID 同页；长连接模式必填。",
    }),
    stream_url: z
      .url({ protocol: /^wss?$/, error: "must be an address beginning with wss:// or ws://" })
      .max(2048, "must be at most 2048 characters")
      .optional()
      .meta({
        description: "Where a private deployment takes long connections; default wss://openws.work.weixin.qq.com.",
        zh: "私有化部署的长连接地址，见其管理端；默认 wss://openws.work.weixin.qq.com。",
      }),
  })
  .refine(({ connection, token }) => connection === "stream" || token !== undefined, {
    path: ["token"],
    error: "must be set: callbacks are verified with it",
  })
  .refine(({ connection, encoding_aes_key }) => connection === "stream" || encoding_aes_key !== undefined, {
    path: ["encoding_aes_key"],
    error: "must be set: callbacks are decrypted with it",
  })
  .refine(({ connection, bot_id }) => connection !== "stream" || bot_id !== undefined, {
    path: ["bot_id"],
    error: "must be set: a stream is opened with it",
  })
  .refine(({ connection, secret }) => connection !== "stream" || secret !== undefined, {
    path: ["secret"],
    error: "must be set: a stream is opened with it",
  });

/** Whose callbacks are received: an app's, unless `kind` says `bot`. */
export const wecomAccount = z.preprocess(
  (settings) => (isObject(settings) && !("kind" in settings) ? { ...settings, kind: "app" } : settings),
  z.discriminatedUnion("kind", [app, bot]),
);

export type WecomAccount = z.infer<typeof wecomAccount>;
export type WecomAppAccount = z.infer<typeof app>;
export type WecomBotAccount = z.infer<typeof bot>;

/** An account that can be called, because there is something to verify callers with. */
export type CalledAccount = WecomAccount & { readonly token: string };

export function isCalled(account: WecomAccount): account is CalledAccount {
  return account.token !== undefined;
}

/** The id that frames end with: robots have none. */
export function receiverOf(account: WecomAccount): string {
  return account.kind === "bot" ? "" : (account.receive_id ?? account.corp_id);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
