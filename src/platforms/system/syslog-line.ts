import type { Level } from "../../model/message.ts";
import { reach, utf8Cost } from "../byte-cost.ts";
import { cleanLine } from "./clean-text.ts";
import type { Notice } from "./notice.ts";

/** https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1; `auth`, `kern` and the like are not a hub's to speak for. */
export const syslogFacilities = [
  "user",
  "daemon",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

type SyslogFacility = (typeof syslogFacilities)[number];

export interface SyslogOrigin {
  readonly facility: SyslogFacility;
  readonly hostname: string;
  readonly pid: number;
  /** Largest message in bytes; the text is cut to fit, at a character. */
  readonly maxBytes: number;
}

/** One RFC 5424 message, without framing and without line breaks. */
export function syslogLine(notice: Notice, origin: SyslogOrigin): string {
  const priority = FACILITY[origin.facility] * 8 + SEVERITY[notice.level];
  const time = new Date(notice.createdAt).toISOString();
  const header = `<${priority}>1 ${time} ${printable(origin.hostname, 255)} yizhan ${origin.pid} notification`;
  const data = `[task@${ENTERPRISE} id="${parameter(notice.taskId)}" strategy="${parameter(notice.strategy)}"]`;
  const text = cleanLine(`${notice.title}: ${notice.message} (${notice.reason})`);
  return fitted(`${header} ${data} ${text}`, origin.maxBytes);
}

const FACILITY: Readonly<Record<SyslogFacility, number>> = {
  user: 1,
  daemon: 3,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1: 3 error, 4 warning, 6 informational. */
const SEVERITY: Readonly<Record<Level, number>> = { error: 3, warning: 4, info: 6 };

/** The private enterprise number set aside for examples (RFC 5612); the project has none of its own. */
const ENTERPRISE = 32473;

const CUT = "…（已截断）";

/** Printable US-ASCII without blanks, or the nil value (RFC 5424 §6). */
function printable(text: string, length: number): string {
  return text.replace(/[^\x21-\x7e]/g, "").slice(0, length) || "-";
}

/** RFC 5424 §6.3.3: `"`, `\` and `]` are escaped. */
function parameter(text: string): string {
  return cleanLine(text).replace(/["\\\]]/g, "\\$&");
}

function fitted(line: string, maxBytes: number): string {
  if (Buffer.byteLength(line) <= maxBytes) return line;
  return line.slice(0, reach(line, 0, maxBytes - Buffer.byteLength(CUT), utf8Cost)) + CUT;
}
