import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createLogger, type Logger, type LoggerOptions } from "./logging.ts";
import { RotatingFile } from "./rotating-file.ts";
import type { LogSettings } from "./schema.ts";

const toEnd: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

const noon = Date.UTC(2026, 10, 21, 12);

function setup(settings: Partial<LogSettings> = {}, options: LoggerOptions & { isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const stdout = { write: (line: string) => void lines.push(line), isTTY: options.isTTY };
  const standard: LogSettings = {
    level: "info",
    format: "json",
    output: "stdout",
    filePath: "log/app.log",
    maxBytes: 1_048_576,
    maxFiles: 3,
  };
  const logger = createLogger({ ...standard, ...settings }, { stdout, env: {}, now: () => noon, ...options });
  toEnd.push(() => logger.close());
  return { ...logger, lines };
}

async function folder() {
  const cwd = await mkdtemp(join(tmpdir(), "yizhan-log-"));
  toEnd.push(() => rm(cwd, { recursive: true }));
  return cwd;
}

async function messagesIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).msg);
}

function logAll({ log }: Pick<Logger, "log">) {
  log.debug("a detail");
  log.info("a fact");
  log.warn("a doubt");
  log.error("a failure");
}

describe("a log to standard output", () => {
  it("is one JSON object a line", () => {
    const { log, lines } = setup();
    log.info({ task: "t1" }, "delivered");
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ level: 30, time: noon, task: "t1", msg: "delivered" }]);
  });

  it("leaves out what is less important than its level, which can change while it runs", () => {
    const logger = setup({ level: "warn" });
    logAll(logger);
    logger.setLevel("debug");
    logAll(logger);
    expect(logger.lines.map((line) => JSON.parse(line).msg)).toEqual([
      "a doubt",
      "a failure",
      "a detail",
      "a fact",
      "a doubt",
      "a failure",
    ]);
  });

  it("may be a line for people, coloured only for a terminal that does not refuse it", () => {
    const written = (options: Parameters<typeof setup>[1]) => {
      const { log, lines } = setup({ format: "text" }, options);
      log.warn({ channel: "feishu-1", why: "too fast" }, "waiting");
      return lines[0];
    };
    expect(written({})).toMatch(
      /^2026-11-2\d \d\d:\d\d:00\.000[+-]\d\d:\d\d WARN {2}waiting channel=feishu-1 why="too fast"\n$/,
    );
    expect(written({ isTTY: true })).toContain("\u001b[33mWARN \u001b[0m");
    expect(written({ isTTY: true, env: { NO_COLOR: "1" } })).not.toContain("\u001b");
  });

  it("cannot be forged by what came from outside", () => {
    const { log, lines } = setup({ format: "text" });
    log.info({ title: "x\u001b[2J\nINFO forged" }, "one\r\ntwo\u202e");
    expect(lines[0]).toMatch(/one\\r\\ntwo\\u202e title="x\\u001b\[2J\\nINFO forged"\n$/);
  });

  it("tells an error's message on the line and where it was thrown below", () => {
    const { log, lines } = setup({ format: "text" });
    log.error({ err: new TypeError("no such row") }, "stopped");
    expect(lines[0]).toMatch(/ERROR stopped err="TypeError: no such row"\n\s+at .*logging\.test\.ts/);
  });
});

describe("a secret in a log line", () => {
  it.each([
    { secret: "hush" },
    { channel: { url: "hush", password: "hush" } },
    { request: { headers: { authorization: "hush" } } },
    { key: "hush", account: { access_token: "hush" } },
  ])("is blotted out: %j", (fields) => {
    const { log, lines } = setup();
    log.info(fields, "sent");
    expect(lines.join()).toContain("[secret]");
    expect(lines.join()).not.toContain("hush");
  });
});

describe("a log to files", () => {
  it("has everything in one file and each level in its own beside it", async () => {
    const cwd = await folder();
    const logger = setup({ output: "file", level: "debug" }, { cwd });
    logAll(logger);
    logger.flush();
    const all = ["a detail", "a fact", "a doubt", "a failure"];
    expect(await messagesIn(join(cwd, "log/app.log"))).toEqual(all);
    const names = ["debug.log", "info.log", "warn.log", "error.log"];
    expect(await Promise.all(names.map((name) => messagesIn(join(cwd, "log", name))))).toEqual(
      all.map((each) => [each]),
    );
    expect(logger.lines).toEqual([]);
  });

  it("goes on in the same files after a restart", async () => {
    const cwd = await folder();
    for (const message of ["before", "after"]) {
      const logger = setup({ output: "file" }, { cwd });
      logger.log.info(message);
      logger.close();
    }
    expect(await messagesIn(join(cwd, "log/app.log"))).toEqual(["before", "after"]);
  });

  it("begins a new file after another program moved it away", async () => {
    const cwd = await folder();
    const { log, reopen, flush } = setup({ output: "file" }, { cwd });
    log.info("old");
    flush();
    await rename(join(cwd, "log/app.log"), join(cwd, "log/moved.log"));
    reopen();
    log.info("new");
    flush();
    expect(await messagesIn(join(cwd, "log/moved.log"))).toEqual(["old"]);
    expect(await messagesIn(join(cwd, "log/app.log"))).toEqual(["new"]);
  });

  it("that cannot be opened is refused at the start", async () => {
    const cwd = await folder();
    await writeFile(join(cwd, "log"), "a file where the folder should be");
    expect(() => setup({ output: "file" }, { cwd })).toThrow(/EEXIST|ENOTDIR/);
  });
});

describe("a file that rotates", () => {
  async function rotating(maxBytes: number, maxFiles: number) {
    const cwd = await folder();
    const troubles: string[] = [];
    const file = new RotatingFile({ path: join(cwd, "app.log"), maxBytes, maxFiles }, (trouble) =>
      troubles.push(trouble),
    );
    toEnd.push(() => file.close());
    const content = async () => {
      const names = (await readdir(cwd)).toSorted();
      return Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await readFile(join(cwd, name), "utf8")])),
      );
    };
    return { cwd, file, troubles, content };
  }

  it("is put aside before a line would make it too large, and only so many are kept", async () => {
    const { file, content } = await rotating(8, 3);
    for (const line of ["one\n", "two\n", "three\n", "four\n", "five\n"]) file.write(line);
    file.flush();
    expect(await content()).toEqual({ "app.log": "five\n", "app.log.1": "four\n", "app.log.2": "three\n" });
  });

  it("counts what was in it before the restart", async () => {
    const { cwd, file, content } = await rotating(8, 2);
    await writeFile(join(cwd, "app.log"), "before\n");
    file.write("after\n");
    file.flush();
    expect(await content()).toEqual({ "app.log": "after\n", "app.log.1": "before\n" });
  });

  it("takes a line that is larger than a file may be", async () => {
    const { file, content } = await rotating(4, 1);
    for (const line of ["a\n", "much too large\n", "b\n"]) file.write(line);
    file.flush();
    expect(await content()).toEqual({ "app.log": "b\n" });
  });

  it("writes by itself at the end of the turn", async () => {
    const { file, content } = await rotating(100, 2);
    file.write("one\n");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await content()).toEqual({ "app.log": "one\n" });
  });

  it("that cannot be written costs lines, not the process, and says so once", async () => {
    const { cwd, file, troubles, content } = await rotating(100, 2);
    await rm(cwd, { recursive: true });
    await writeFile(cwd, "a file where the folder was");
    for (const line of ["one\n", "two\n"]) {
      file.write(line);
      file.flush();
    }
    expect(troubles).toEqual([expect.stringContaining(`log file ${join(cwd, "app.log")}: `)]);
    await rm(cwd);
    file.write("three\n");
    file.flush();
    expect(await content()).toEqual({ "app.log": "three\n" });
  });
});
