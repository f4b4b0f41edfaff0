import { basename, dirname, join, resolve } from "node:path";
import { type Logger as PinoLogger, pino, symbols } from "pino";
import { readableLine } from "./log-text.ts";
import { type RequestLine, RequestLines } from "./request-lines.ts";
import { RotatingFile } from "./rotating-file.ts";
import type { LogSettings } from "./schema.ts";

type LogLevel = LogSettings["level"];

/** What lines are written to when they do not go to files. */
interface LogSink {
  write(line: string): void;
  readonly isTTY?: boolean | undefined;
}

export interface LoggerOptions {
  /** In place of the configured one. */
  readonly level?: LogLevel | undefined;
  /** Relative log files are under it. Absolute; the process's working directory by default. */
  readonly cwd?: string;
  /** Standard output by default. */
  readonly stdout?: LogSink;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

export interface Logger {
  readonly log: PinoLogger;
  /** A line about a request, at level info; many are written together. */
  request(line: RequestLine): void;
  setLevel(level: LogLevel): void;
  /** Writes what waits. */
  flush(): void;
  /** Lets go of the files and opens them again at the next line, e.g. after another program moved them away. */
  reopen(): void;
  /** Flushes and lets go of the files. Harmless to repeat. */
  close(): void;
}

/** @throws when the log file cannot be opened. */
export function createLogger(settings: LogSettings, options: LoggerOptions = {}): Logger {
  const { stdout = process.stdout, env = process.env, now = Date.now } = options;
  const output = settings.output === "file" ? fileOutput(settings, options.cwd ?? process.cwd()) : sinkOutput(stdout);
  const colour = settings.output === "stdout" && stdout.isTTY === true && !env.NO_COLOR;
  const line = settings.format === "text" ? (json: string) => readableLine(json, { colour }) : (json: string) => json;
  const destination = {
    // Has pino say the level of each line in `lastLevel`, so that nobody parses it back out of the JSON.
    [symbols.needsMetadataGsym]: true,
    lastLevel: 30,
    write(json: string): void {
      output.write(line(json), this.lastLevel);
    },
  };
  const log = pino(
    {
      level: options.level ?? settings.level,
      base: null,
      timestamp: () => `,"time":${now()}`,
      redact: { paths: secretPaths, censor: "[secret]" },
    },
    destination,
  );
  const requests = new RequestLines((lines) => output.write(lines, 30), settings.format, now);
  const flush = () => {
    requests.flush();
    output.flush();
  };
  const close = () => {
    requests.flush();
    output.close();
  };
  // Covers process.exit() and a crash; a kill loses the lines of one turn at most.
  process.on("exit", flush);
  return {
    log,
    request: (line) => {
      if (log.isLevelEnabled("info")) requests.add(line);
    },
    setLevel: (level) => {
      log.level = level;
    },
    flush,
    reopen: close,
    close: () => {
      close();
      process.off("exit", flush);
    },
  };
}

interface Output {
  write(line: string, level: number): void;
  flush(): void;
  close(): void;
}

function sinkOutput(sink: LogSink): Output {
  return { write: (line) => void sink.write(line), flush: () => {}, close: () => {} };
}

/** Everything into the file itself; beside it, each level into a file of its own. */
function fileOutput(settings: LogSettings, cwd: string): Output {
  const path = resolve(cwd, settings.filePath);
  const { maxBytes, maxFiles } = settings;
  const report = (trouble: string) => void process.stderr.write(`${trouble}\n`);
  const file = (at: string) => new RotatingFile({ path: at, maxBytes, maxFiles }, report);
  const all = file(path);
  all.open();
  const levels = new Map<string, RotatingFile>();
  for (const name of ["debug", "info", "warn", "error"]) {
    if (basename(path) !== `${name}.log`) levels.set(name, file(join(dirname(path), `${name}.log`)));
  }
  const files = [all, ...levels.values()];
  return {
    write(line, level) {
      all.write(line);
      levels.get(levelName(level))?.write(line);
    },
    flush: () => files.forEach((each) => void each.flush()),
    close: () => files.forEach((each) => void each.close()),
  };
}

function levelName(level: number): string {
  if (level >= 50) return "error";
  if (level >= 40) return "warn";
  return level >= 30 ? "info" : "debug";
}

/** What may be a credential, at the top of a line's fields and two levels below. */
const secretKeys = [
  "secret",
  "password",
  "url",
  "webhook",
  "authorization",
  "key",
  "keys",
  "token",
  "access_token",
  "api_key",
  "apiKey",
  "cookie",
];
const secretPaths = ["", "*.", "*.*."].flatMap((prefix) => secretKeys.map((key) => prefix + key));
