import * as z from "zod";
import { proxy } from "./proxy.ts";

/** What every entry of a platform's list may say beside what the platform asks for. */
export const commonEntry = z.strictObject({
  name: z.string().max(200).optional().meta({
    description: "Name shown in results. The platform's name and the position, when absent.",
    zh: "结果中显示的名称；缺省为平台名加序号。",
  }),
  enabled: z.boolean().default(true).meta({
    description: "`false` leaves the entry out; it may then be unfinished.",
    zh: "`false` 表示不使用该条目，此时内容可以不完整。",
  }),
  rate_limits: z
    .array(
      z.strictObject({
        messages: z.int().min(1).max(1_000_000).meta({ description: "Messages in the span.", zh: "时段内的消息数。" }),
        per_seconds: z
          .number()
          .min(0.001)
          .max(86_400)
          .meta({ description: "Length of the span in seconds.", zh: "时段长度（秒）。" }),
      }),
    )
    .max(8)
    .optional()
    .meta({
      description: "Limits to keep in place of the platform's published ones; `[]` for none.",
      zh: "替代平台公布的限流；`[]` 表示不限。",
    }),
  proxy,
});

export const commonKeys: readonly string[] = Object.keys(commonEntry.shape);

export const enabled = z.boolean().default(true).meta({
  description: "`false` leaves the platform out; its entries may then be unfinished.",
  zh: "`false` 表示不使用该平台，此时其条目可以不完整。",
});

export const recipientName = z.string().max(200).optional().meta({
  description: "Name shown to clients. The alias, when absent.",
  zh: "展示给客户端的名称；缺省为别名。",
});

/** Does not use control characters, so that it can be printed and logged as it is. */
export const alias = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}*$/u)
  .meta({ expected: "an alias of 1 to 128 characters without control characters" });

export const systemEnabled = z.boolean().default(true).meta({
  description: "Rings these notifications when every channel of a push has failed.",
  zh: "所有渠道失败时触发系统通知（最后防线）。",
});
