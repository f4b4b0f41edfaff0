import { describe, expect, it, vi } from "vitest";
import { readableLine } from "./log-text.ts";
import { createLogger } from "./logging.ts";
import { type RequestLine, RequestLines } from "./request-lines.ts";
import { sections } from "./schema.ts";

const line: RequestLine = {
  relay: "wework",
  id: "abc-1",
  method: "POST",
  path: "/wework-callback/a",
  status: 200,
  ms: 12.345,
  cause: undefined,
};
const at = Date.parse("2026-11-21T10:00:00.123Z");

function written(format: "json" | "text", lines: readonly RequestLine[]): string[] {
  const texts: string[] = [];
  const requests = new RequestLines(
    (text) => texts.push(text),
    format,
    () => at,
  );
  for (const each of lines) requests.add(each);
  requests.flush();
  return texts;
}

describe("lines about requests", () => {
  it("are written together, as people read them", () => {
    const [text = "", ...more] = written("text", [line, { ...line, status: 400, cause: "path-hash", ms: 0 }]);
    expect(more).toEqual([]);
    const [first, second, end] = text.split("\n").map((each) => each.replace(/^\S+ \S+ /, ""));
    expect(first).toBe("INFO  POST /wework-callback/a 200 12.3 ms relay=wework request=abc-1");
    expect(second).toBe("INFO  POST /wework-callback/a 400 0 ms relay=wework request=abc-1 cause=path-hash");
    expect(end).toBe("");
  });

  it("tell the time as all other lines do", () => {
    const [text = ""] = written("text", [line]);
    const other = readableLine(JSON.stringify({ level: 30, time: at, msg: "x" }), { colour: false });
    expect(text.slice(0, 29)).toBe(other.slice(0, 29));
  });

  it("are JSON where the log is", () => {
    const [text = ""] = written("json", [line, { ...line, cause: "path-hash" }]);
    const [first, second] = text
      .trimEnd()
      .split("\n")
      .map((each) => JSON.parse(each));
    const fields = {
      relay: "wework",
      request: "abc-1",
      method: "POST",
      path: "/wework-callback/a",
      status: 200,
      ms: 12.3,
    };
    expect(first).toEqual({ level: 30, time: at, ...fields, msg: "request" });
    expect(second.cause).toBe("path-hash");
  });

  it("cannot be forged by a path", () => {
    const [text = ""] = written("text", [{ ...line, path: '/a b="x"\n2026 INFO \u0085\u009b' }]);
    expect(text.trimEnd()).not.toMatch(/[\n\u0085\u009b]/);
    expect(text).toContain('POST "/a b=\\"x\\"');
  });

  it("come by themselves after a moment", () => {
    vi.useFakeTimers();
    try {
      const texts: string[] = [];
      new RequestLines(
        (text) => texts.push(text),
        "text",
        () => at,
      ).add(line);
      expect(texts).toEqual([]);
      vi.advanceTimersByTime(20);
      expect(texts.length).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a logger", () => {
  it.each([
    ["info", 1],
    ["warn", 0],
  ] as const)("at level %s writes so many lines about a request: %i", (level, count) => {
    const texts: string[] = [];
    const sink = { write: (text: string) => texts.push(text) };
    const logger = createLogger(
      { ...sections.log.parse({}), level },
      { stdout: { write: (text) => void sink.write(text) } },
    );
    logger.request(line);
    logger.close();
    expect(texts.length).toBe(count);
  });
});
