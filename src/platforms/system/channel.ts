import { z } from "zod";
import { syslogFacilities } from "./syslog-line.ts";

const consoleChannel = z.strictObject({ type: z.literal("console") });

const fileChannel = z.strictObject({ type: z.literal("file") });

const syslogChannel = z.strictObject({
  type: z.literal("syslog"),
  /** A collector besides the application log: `syslog://` is UDP, `syslog+tcp://` TCP; the port is 514 unless given. */
  url: z.string().refine(isSyslogUrl, "expected syslog://host:port (UDP) or syslog+tcp://host:port (TCP)").optional(),
  facility: z.enum(syslogFacilities).default("local0"),
  /** How TCP messages end: a newline, or their length in front (RFC 6587 §3.4). UDP has datagrams. */
  framing: z.enum(["newline", "octet-counting"]).default("newline"),
});

const httpChannel = z.strictObject({
  type: z.literal("http"),
  /** Where the inbox item is posted too. */
  url: z.string().refine(isHttpUrl, "expected an absolute http:// or https:// URL").optional(),
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

function isSyslogUrl(text: string): boolean {
  const url = URL.parse(text);
  return (url?.protocol === "syslog:" || url?.protocol === "syslog+tcp:") && url.hostname !== "";
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:";
}
