import { definePlatform, type Ports, type Sender } from "../definition.ts";
import { type SystemChannel, systemAddress, systemChannel } from "./channel.ts";
import { writeConsole } from "./console.ts";
import { systemErrors } from "./errors.ts";
import { NoticeFiles } from "./file.ts";
import { writeInbox } from "./http.ts";
import { NOTICE_BYTES, noticeFrom, renderNotice } from "./notice.ts";
import { writeSyslog } from "./syslog.ts";

/** Notifications about the hub's own work: what rings when nothing else reached anybody. */
export const system = definePlatform<never, SystemChannel>({
  id: "system",
  aliases: [],
  label: { en: "System notification", zh: "系统通知" },
  capabilities: { markdown: "none", cards: false, buttons: "none", mentions: [], messageId: false },
  limits: { bytes: { text: NOTICE_BYTES, card: NOTICE_BYTES }, rate: [] },
  errors: systemErrors,
  channel: systemChannel,
  listKey: "notifications",
  overHttp: true,
  address: systemAddress,
  render: (message, _channel, context) => renderNotice(message, context),
  connect,
});

function connect(ports: Ports): Sender<never, SystemChannel> {
  const files = new NoticeFiles(ports.system.directory);
  return {
    async send({ payload, channel, key, timeoutMs }) {
      const notice = noticeFrom(payload);
      switch (channel.type) {
        case "console":
          return writeConsole(notice, ports.system);
        case "file":
          return files.write(notice, ports.now());
        case "syslog":
          return writeSyslog(notice, channel, ports.system, timeoutMs);
        case "http":
          return writeInbox(notice, channel, key, ports, timeoutMs);
      }
    },
  };
}
