import * as z from "zod";
import { connection } from "../streaming-account.ts";

/** What verifies and opens the callbacks of one Feishu app. */
export interface FeishuApp {
  readonly app_id: string;
  readonly app_secret?: string | undefined;
  /** Empty only with `connection: "stream"`: then nothing is called back. */
  readonly verification_token: string;
  /** Empty: the app has none, so nothing is encrypted or signed. */
  readonly encrypt_key: string;
  readonly base_url: string;
  /** How the platform tells things; `callback` when absent. */
  readonly connection?: "callback" | "stream" | undefined;
}

const settings = z.strictObject({
  app_id: z.string().min(1, "must be the app's App ID, like cli_…").max(128, "must be at most 128 characters").meta({
    description: "The app's App ID, from the developer console: Credentials & Basic Info.",
    zh: "应用的 App ID，见开发者后台“凭证与基础信息”。",
  }),
  app_secret: z.string().min(1).max(256, "must be at most 256 characters").optional().meta({
    description: "The app's App Secret, beside the App ID. Callbacks are received without it; a stream needs it.",
    zh: "应用的 App Secret，与 App ID 同页；仅接收回调时可不填，长连接模式必填。",
    secret: true,
  }),
  verification_token: z.string().max(256, "must be at most 256 characters").default("").meta({
    description:
      "The app's Verification Token, from the developer console: Events & Callbacks, Encryption Strategy. Callbacks need it; a stream does not.",
    zh: "应用的 Verification Token，见开发者后台“事件与回调”的“加密策略”；长连接模式可不填。",
    secret: true,
  }),
  encrypt_key: z.string().max(256, "must be at most 256 characters").default("").meta({
    description: "The app's Encrypt Key, on the same page. Leave it empty when the app has none.",
    zh: "应用的 Encrypt Key，与 Verification Token 同页；应用未设置时留空。",
    secret: true,
  }),
  base_url: z
    .url({ protocol: /^https?$/, error: "must be an address beginning with https:// or http://" })
    .max(2048, "must be at most 2048 characters")
    .default("https://open.feishu.cn")
    .meta({
      description: "Where the platform's API is: https://open.larksuite.com for Lark, or a private deployment's.",
      zh: "平台接口地址；Lark 为 https://open.larksuite.com，私有部署填其地址。",
    }),
  connection,
});

export const feishuApp: z.ZodType<FeishuApp> = settings
  .refine(({ connection, verification_token }) => connection === "stream" || !!verification_token, {
    path: ["verification_token"],
    error: "must be the app's Verification Token",
    // Also beside other problems, so that all are told at once.
    when: ({ value }) => typeof value === "object" && value !== null,
  })
  .refine(({ connection, app_secret }) => connection !== "stream" || app_secret !== undefined, {
    path: ["app_secret"],
    error: "must be the app's App Secret: a stream is opened with it",
  });
