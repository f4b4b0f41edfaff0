import * as z from "zod";
import { syslogFacilities } from "./syslog-line.ts";

const consoleChannel = z.strictObject({
  type: kind("console", "A framed block on standard output.", "标准输出上带边框的文本块。"),
});

const fileChannel = z.strictObject({
  type: kind("file", "A file of its own in the folder `notifications`.", "`notifications` 目录中的一个文件。"),
});

const syslogChannel = z.strictObject({
  type: kind(
    "syslog",
    "The application log, and a syslog collector where url is set.",
    "应用日志；设置 url 时同时发往 syslog 服务器。",
  ),
  url: z
    .string()
    .refine(isSyslogUrl, "must be syslog://host:port (UDP) or syslog+tcp://host:port (TCP)")
    .optional()
    .meta({
      description: "The collector: syslog://host:port (UDP) or syslog+tcp://host:port (TCP); port 514 unless given.",
      zh: "采集地址：syslog://主机:端口（UDP）或 syslog+tcp://主机:端口（TCP），端口缺省为 514。",
    }),
  facility: z
    .enum(syslogFacilities)
    .default("local0")
    .meta({ description: "The syslog facility.", zh: "syslog 的 facility。" }),
  framing: z.enum(["newline", "octet-counting"]).default("newline").meta({
    description: "How messages over TCP are told apart: a newline, or their length in front (RFC 6587 §3.4).",
    zh: "TCP 上区分消息的方式：换行，或在前面写明长度（RFC 6587 §3.4）。",
  }),
});

const httpChannel = z.strictObject({
  type: kind(
    "http",
    "The in-app inbox, and a web address where url is set.",
    "应用内收件箱；设置 url 时同时发往该网址。",
  ),
  url: z
    .url({ protocol: /^https?$/, error: "must be a whole address, beginning with https:// or http://" })
    .max(2048, "must be at most 2048 characters")
    .optional()
    .meta({
      secret: true,
      description: "Where the inbox item is posted to as well, as JSON.",
      zh: "收件箱条目同时以 JSON 发送到的网址。",
    }),
});

/** One entry of `notifications`, by `type`. */
export const systemChannel = z.discriminatedUnion("type", [consoleChannel, fileChannel, syslogChannel, httpChannel]);

export type SystemChannel = z.infer<typeof systemChannel>;
export type SyslogChannel = z.infer<typeof syslogChannel>;
export type HttpChannel = z.infer<typeof httpChannel>;

/** Two entries for the same place are one Channel. */
export function systemAddress(channel: SystemChannel): string {
  return "url" in channel && channel.url !== undefined ? `${channel.type} ${channel.url}` : channel.type;
}

function kind<Type extends string>(type: Type, description: string, zh: string) {
  return z.literal(type).meta({ description, zh });
}

function isSyslogUrl(text: string): boolean {
  const url = URL.parse(text);
  return (url?.protocol === "syslog:" || url?.protocol === "syslog+tcp:") && url.hostname !== "";
}
