import * as z from "zod";

/**
 * The credentials that WeCom and WeChat's official accounts have in common, as their admin pages show them:
 * https://developer.work.weixin.qq.com/document/path/90930
 */
export const callbackToken = z
  .string()
  .regex(/^[A-Za-z0-9]{1,32}$/, "must be the Token of the admin page's callback settings: 1 to 32 letters and digits")
  .meta({
    secret: true,
    description: "Token of the callback settings; signs every call.",
    zh: "回调配置中的 Token，用于校验签名。",
  });

export const encodingAesKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}$/, "must be the EncodingAESKey of the admin page: exactly 43 letters and digits")
  .meta({
    secret: true,
    description: "EncodingAESKey of the callback settings; decrypts every call.",
    zh: "回调配置中的 EncodingAESKey，用于解密。",
  });

/** The secret that tokens for the platform's API are got with; receiving needs none. */
export const appSecret = z
  .string()
  .min(1, "must not be empty: leave it out when there is none")
  .max(512, "must be at most 512 characters")
  .meta({
    secret: true,
    description: "The app's Secret, for calling the platform's API. Receiving does not need it.",
    zh: "应用的 Secret，调用平台接口时使用；仅接收回调可不填。",
  });

export function apiBase(usual: string) {
  return z
    .url({ protocol: /^https?$/, error: "must be an address beginning with https:// or http://" })
    .max(2048, "must be at most 2048 characters")
    .default(usual)
    .meta({
      description: "Where the platform's API is: another address for a private deployment or a sandbox.",
      zh: "平台接口地址；私有化部署或沙箱可改为其他地址。",
    });
}
