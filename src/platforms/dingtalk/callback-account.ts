import * as z from "zod";
import { connection } from "../streaming-account.ts";

/** What verifies and opens the callbacks of one DingTalk app. */
export interface DingtalkApp {
  readonly client_id: string;
  readonly client_secret: string;
  readonly robot_code?: string | undefined;
  readonly token?: string | undefined;
  readonly aes_key?: string | undefined;
  /** Default: `client_id`. */
  readonly owner_key?: string | undefined;
  readonly api_secret?: string | undefined;
  readonly base_url: string;
  /** How the platform tells things; `callback` when absent. */
  readonly connection?: "callback" | "stream" | undefined;
}

export const dingtalkApp: z.ZodType<DingtalkApp> = z
  .strictObject({
    client_id: z.string().min(1, "must be the app's Client ID").max(128, "must be at most 128 characters").meta({
      description: "The app's Client ID (once AppKey), from the developer console: Credentials and Basic Information.",
      zh: "应用的 Client ID（原 AppKey），见开发者后台“凭证与基础信息”。",
    }),
    client_secret: z
      .string()
      .min(1, "must be the app's Client Secret")
      .max(256, "must be at most 256 characters")
      .meta({
        description:
          "The app's Client Secret (once AppSecret), on the same page. It signs what people write to the robot.",
        zh: "应用的 Client Secret（原 AppSecret），与 Client ID 同页；机器人消息用它签名。",
        secret: true,
      }),
    robot_code: z.string().min(1).max(128, "must be at most 128 characters").optional().meta({
      description: "The robot's RobotCode, from the app's page of its robot. Usually the Client ID.",
      zh: "机器人的 RobotCode，见应用的机器人页；一般与 Client ID 相同。",
    }),
    token: z
      .string()
      .regex(/^[A-Za-z0-9]{3,32}$/, "must be the 3 to 32 letters and digits of the event subscription's token")
      .optional()
      .meta({
        description:
          "The token (签名 token) of the event subscription by HTTP. Needed for events, together with aes_key.",
        zh: "HTTP 推送事件订阅的签名 token；接收事件时与 aes_key 一同填写。",
        secret: true,
      }),
    aes_key: z
      .string()
      .regex(/^[A-Za-z0-9]{43}$/, "must be the 43 letters and digits of the event subscription's aes_key")
      .optional()
      .meta({
        description: "The key (加密 aes_key) of the event subscription, 43 letters and digits.",
        zh: "HTTP 推送事件订阅的加密 aes_key，43 个字母与数字。",
        secret: true,
      }),
    owner_key: z.string().min(1).max(128, "must be at most 128 characters").optional().meta({
      description:
        "Whom events are encrypted for, where it is not the Client ID: the corpId of a subscription made through the old API, the suiteKey of a store app.",
      zh: "事件加密所用的 ownerKey，默认 Client ID；旧接口注册的回调填 corpId，第三方应用填 suiteKey。",
    }),
    api_secret: z.string().min(1).max(256, "must be at most 256 characters").optional().meta({
      description: "The apiSecret that the address for card callbacks was registered with. Card callbacks need it.",
      zh: "注册卡片回调地址时的 apiSecret；接收卡片回调时必填。",
      secret: true,
    }),
    base_url: z
      .url({ protocol: /^https?$/, error: "must be an address beginning with https:// or http://" })
      .max(2048, "must be at most 2048 characters")
      .default("https://api.dingtalk.com")
      .meta({ description: "Where the platform's API is.", zh: "平台接口地址。" }),
    connection,
  })
  .refine(({ token, aes_key }) => (token === undefined) === (aes_key === undefined), {
    error: "token and aes_key belong together: set both, or neither",
    path: ["aes_key"],
  });
