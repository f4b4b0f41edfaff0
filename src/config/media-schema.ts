import * as z from "zod";

const MIB = 1_048_576;

/** Files of received messages. */
export const media = z
  .strictObject({
    max_file_bytes: z
      .int()
      .min(1)
      .max(1_024 * MIB)
      .default(20 * MIB)
      .meta({
        description: "Largest file of a received message that is fetched, in bytes.",
        zh: "下载的消息附件的大小上限（字节）。",
      }),
    max_total_bytes: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(10_240 * MIB)
      .meta({
        description:
          "All fetched files together, in bytes, each content once. When they are as many, others wait for room for three days.",
        zh: "附件总空间上限（字节），相同内容只存一份；用满后其余附件等待至多三天。",
      }),
    retention_days: z.int().min(1).max(36_500).optional().meta({
      description: "Days that fetched files are kept. As long as their events (`store.retention_days`), when absent.",
      zh: "附件保留的天数；缺省与事件一同保留（`store.retention_days`）。",
    }),
  })
  .transform((section) => ({
    fileBytes: section.max_file_bytes,
    totalBytes: section.max_total_bytes,
    retentionDays: section.retention_days,
  }));
