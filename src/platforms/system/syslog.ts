import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect, isIPv6 } from "node:net";
import { hostname } from "node:os";
import { accepted, type Receipt } from "../../model/receipt.ts";
import type { SyslogChannel } from "./channel.ts";
import { cleanLine } from "./clean-text.ts";
import { systemError } from "./errors.ts";
import type { Notice } from "./notice.ts";
import type { SystemPorts } from "./ports.ts";
import { syslogLine } from "./syslog-line.ts";

/**
 * Writes the notice to the application log, and to a collector when the Channel names one. Syslog has no answers:
 * accepted means that the operating system took the bytes, for TCP over a connection that the collector accepted.
 */
export async function writeSyslog(
  notice: Notice,
  channel: SyslogChannel,
  { log }: Pick<SystemPorts, "log">,
  timeoutMs: number,
): Promise<Receipt> {
  const { title, taskId, strategy, reason } = notice;
  // First and on every attempt: a collector that is down must not keep the notice out of our own log.
  log(
    notice.level,
    { task_id: taskId, strategy, reason: cleanLine(reason) },
    cleanLine(`系统通知 ${title}: ${notice.message}`),
  );
  if (channel.url === undefined) return accepted;
  const url = new URL(channel.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || "514");
  const origin = { facility: channel.facility, hostname: hostname(), pid: process.pid };
  try {
    if (url.protocol === "syslog:") {
      await sendDatagram(syslogLine(notice, { ...origin, maxBytes: DATAGRAM_BYTES }), host, port, timeoutMs);
    } else {
      const line = syslogLine(notice, { ...origin, maxBytes: STREAM_BYTES });
      const framed = channel.framing === "newline" ? `${line}\n` : `${Buffer.byteLength(line)} ${line}`;
      await sendStream(framed, host, port, timeoutMs);
    }
    return accepted;
  } catch (error) {
    return systemError("syslog", error);
  }
}

/** What fits any IPv6 path without fragments: https://www.rfc-editor.org/rfc/rfc5426#section-3.2. */
const DATAGRAM_BYTES = 1180;

/** Receivers of RFC 5425 should take this much (§4.3.1); plain TCP names no number of its own. */
const STREAM_BYTES = 8192;

async function sendDatagram(line: string, host: string, port: number, timeoutMs: number): Promise<void> {
  const { address } = await within(timeoutMs, lookup(host));
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.send(line, port, address, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    socket.close();
  }
}

/** A connection a message: notices are rare, and a kept connection hides that the collector went away. */
function sendStream(text: string, host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(timedOut(timeoutMs)), timeoutMs);
    socket.once("error", reject);
    socket.once("close", () => {
      clearTimeout(timer);
      reject(new Error("the connection closed before the message was written"));
    });
    // Whatever the collector says is read and dropped: unread bytes would turn our close into a reset.
    socket.resume();
    socket.end(text, () => {
      resolve();
      socket.destroySoon();
    });
  });
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(timeoutMs: number): Error {
  return Object.assign(new Error(`the collector did not take the message within ${timeoutMs} ms`), { code: "timeout" });
}
