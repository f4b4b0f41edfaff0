import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type FailureCause, failureStatus, RelayFailure } from "./failure.ts";
import { mayRepeat } from "./retry.ts";
import type { OutgoingRequest } from "./target.ts";

const idempotent = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
const others = ["POST", "PATCH", "LOCK", "get"];

const small = new Uint8Array(64 * 1024);
const large = new Uint8Array(64 * 1024 + 1);

function request(method: string, body?: OutgoingRequest["body"]): OutgoingRequest {
  return { method, path: "/", headers: [], body };
}

function failed(cause: FailureCause, sent: boolean): RelayFailure {
  return new RelayFailure(cause, "scripted", { sent });
}

describe("a request that never reached its target", () => {
  const refused = failed("target-refused", false);

  it.each([...idempotent, ...others])("may be repeated: %s", (method) => {
    for (const body of [undefined, small, large]) expect(mayRepeat(request(method, body), refused, false)).toBe(true);
  });

  it("may be repeated with a stream of which nothing was read", () => {
    expect(mayRepeat(request("POST", Readable.from(["a"])), refused, false)).toBe(true);
  });

  it("may not with a stream that was begun or is gone", async () => {
    const begun = new Readable({ read() {} });
    begun.push("a");
    await new Promise((resolve) => begun.once("data", resolve));
    begun.pause();
    const gone = Readable.from(["a"]);
    gone.destroy();
    for (const body of [begun, gone]) {
      expect(mayRepeat(request("POST", body), refused, false)).toBe(false);
      expect(mayRepeat(request("GET", body), refused, true)).toBe(false);
    }
  });
});

describe("a request that may have reached its target", () => {
  const closed = failed("target-closed", true);

  it.each(idempotent)("may be repeated where twice is once: %s", (method) => {
    expect(mayRepeat(request(method), closed, false)).toBe(true);
    expect(mayRepeat(request(method, small), closed, false)).toBe(true);
  });

  it.each(others)("may not otherwise: %s", (method) => {
    expect(mayRepeat(request(method), closed, false)).toBe(false);
    expect(mayRepeat(request(method, small), closed, false)).toBe(false);
  });

  it.each(others)("may where the targets recognise repeats: %s", (method) => {
    expect(mayRepeat(request(method), closed, true)).toBe(true);
    expect(mayRepeat(request(method, small), closed, true)).toBe(true);
  });

  it.each([...idempotent, ...others])("may not with a long body or a stream: %s", (method) => {
    for (const body of [large, Readable.from(["a"])]) {
      expect(mayRepeat(request(method, body), closed, true)).toBe(false);
    }
  });
});

it("asks nobody else after an answer began, the caller left, or the fault is ours", () => {
  const causes = Object.keys(failureStatus) as FailureCause[];
  expect(causes.filter((cause) => !mayRepeat(request("GET"), failed(cause, false), true))).toEqual([
    "target-answer-invalid",
    "target-idle-timeout",
    "caller-gone",
    "unexpected",
  ]);
});
