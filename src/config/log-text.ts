/** One line of pino's JSON as a line for people: time, level, text, then what else it says as `key=value`. */
export function readableLine(json: string, options: { colour: boolean }): string {
  const entry = parsed(json);
  if (!entry) return json;
  const { level, time, msg, err, pid: _pid, hostname: _hostname, ...rest } = entry;
  const name = names[Number(level)] ?? { text: String(level), colour: "" };
  const shownLevel = name.text.padEnd(5);
  const parts = [
    localTime(Number(time)),
    options.colour && name.colour ? `\u001b[${name.colour}m${shownLevel}\u001b[0m` : shownLevel,
    printable(String(msg ?? "")),
    ...Object.entries(rest).map(([key, value]) => `${key}=${shown(value)}`),
  ];
  return `${parts.join(" ")}${errorLines(err)}\n`;
}

const names: Readonly<Record<number, { text: string; colour: string }>> = {
  10: { text: "TRACE", colour: "90" },
  20: { text: "DEBUG", colour: "90" },
  30: { text: "INFO", colour: "32" },
  40: { text: "WARN", colour: "33" },
  50: { text: "ERROR", colour: "31" },
  60: { text: "FATAL", colour: "31" },
};

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The machine's time with its offset: the reader is beside it. `2026-11-21 10:04:05.123+08:00` */
export function localTime(ms: number): string {
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 23).replace("T", " ");
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

/** A value as lines for people show it: in quotes where it would not be one word. */
export function shown(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=\p{C}]+$/u.test(value) ? value : printable(JSON.stringify(value));
  return printable(JSON.stringify(value));
}

/** The message of an error goes on the line, where it was thrown below it. */
function errorLines(error: unknown): string {
  if (typeof error !== "object" || error === null) return error === undefined ? "" : ` err=${shown(error)}`;
  const { type, message, stack } = error as { type?: unknown; message?: unknown; stack?: unknown };
  const frames = String(stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
  return [` err=${shown(`${type ?? "Error"}: ${message ?? ""}`)}`, ...frames.map(printable)].join("\n");
}

/** Nothing that came in from outside may move the cursor or forge a line: control and direction characters are escaped. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
