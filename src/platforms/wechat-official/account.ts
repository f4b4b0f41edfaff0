import * as z from "zod";
import { apiBase, appSecret, callbackToken, encodingAesKey } from "../tencent-account.ts";

/** Whose callbacks are received: the values of the admin page's basic settings (基本配置). */
export const wechatOfficialAccount = z
  .strictObject({
    app_id: z
      .string()
      .regex(/^[\w-]{1,64}$/, "must be the AppID of the admin page: wx…")
      .meta({ description: "AppID of the admin page; encrypted calls end with it.", zh: "公众号的 AppID。" }),
    secret: appSecret.optional(),
    token: callbackToken,
    encoding_aes_key: encodingAesKey.optional(),
    previous_encoding_aes_key: encodingAesKey.optional().meta({
      secret: true,
      description: "The EncodingAESKey before the last change: the platform goes on using it for a while.",
      zh: "更换前的 EncodingAESKey；更换后的一段时间内平台仍可能使用它。",
    }),
    mode: z.enum(["plain", "compat", "safe"]).default("safe").meta({
      description:
        "As in the admin page. safe: encrypted. compat: both, of which only the encrypted counts. plain: not encrypted, and not signed over its content.",
      zh: "与公众平台的消息加解密方式一致：safe 安全模式，compat 兼容模式（只采信密文），plain 明文模式（内容不受签名保护）。",
    }),
    base_url: apiBase("https://api.weixin.qq.com"),
  })
  .refine(({ mode, encoding_aes_key }) => mode === "plain" || encoding_aes_key !== undefined, {
    path: ["encoding_aes_key"],
    error: "must be set: modes safe and compat decrypt with it",
  });

export type WechatOfficialAccount = z.infer<typeof wechatOfficialAccount>;
