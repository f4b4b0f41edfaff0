import { describe, expect, it } from "vitest";
import { type GuardRules, guardRequest, type RequestHead, unknownLength } from "./request-guard.ts";

const rules: GuardRules = {
  prefix: "/p",
  methods: new Set(["GET", "POST", "TRACE"]),
  allowedPaths: [],
  headerLines: 5,
  bodyBytes: 100,
  via: "yizhan",
};

function guard(lines: readonly string[], fields: Partial<RequestHead> = {}, changed: Partial<GuardRules> = {}) {
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return guardRequest(
    { method: "POST", target: "/p/a", minorVersion: 1, rawHeaders, ...fields },
    { ...rules, ...changed },
  );
}

describe("a head that may pass", () => {
  it.each([
    ["says no length", ["Host: a"], 0],
    ["says a length", ["Host: a", "content-LENGTH: 12"], 12],
    ["comes in chunks", ["Host: a", "transfer-encoding: Chunked"], unknownLength],
    ["names a port", ["Host: a.b-c_d:8080"], 0],
    ["names an address", ["Host: [2001:db8::1]:80"], 0],
    ["names nothing, in HTTP/1.0", [], 0],
    ["has as many lines as it may", ["Host: a", "B: 1", "B: 2", "B: 3", "B: 4"], 0],
    ["has been here before", ["Host: a", "Via: 1.1 yizhan, 1.1 yizhan"], 0],
  ])("%s", (_, lines, length) => {
    expect(guard(lines)).toBe(length);
  });
});

describe("a head that is refused", () => {
  it.each([
    ["too-many-header-lines", ["Host: a", "B: 1", "B: 2", "B: 3", "B: 4", "B: 5"]],
    ["host-unclear", ["Host: a", "host: a"]],
    ["host-unclear", ["Host: a, b"]],
    ["host-unclear", ["Host: a b"]],
    ["host-unclear", ["Host: a/b"]],
    ["host-unclear", ["Host: a@b"]],
    ["transfer-coding-unknown", ["Host: a", "Transfer-Encoding: gzip, chunked"]],
    ["transfer-coding-unknown", ["Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["transfer-coding-unknown", ["Host: a", "Transfer-Encoding: identity"]],
    ["body-too-large", ["Host: a", "Content-Length: 101"]],
    ["loop", ["Host: a", `Via: ${Array(10).fill("1.1 yizhan").join(", ")}`]],
  ])("as %s: %j", (cause, lines) => {
    expect(guard(lines)).toBe(cause);
  });

  it("as transfer-coding-unknown when it comes in chunks of HTTP/1.0", () => {
    expect(guard(["Transfer-Encoding: chunked"], { minorVersion: 0 })).toBe("transfer-coding-unknown");
  });

  it.each(["PUT", "TRACE", "CONNECT", "get"])("as method-not-allowed: %s", (method) => {
    expect(guard(["Host: a"], { method })).toBe("method-not-allowed");
  });

  it("for its path, after everything else", () => {
    expect(guard(["Host: a"], { target: "/p/../a" })).toBe("path-dot-segment");
    expect(guard(["Host: a"], { target: "/p/a" }, { allowedPaths: ["/b"] })).toBe("path-not-allowed");
    expect(guard(["Host: a", "Host: b"], { target: "/p/../a", method: "PUT" })).toBe("host-unclear");
  });

  it("for the size of its body only where there is a limit", () => {
    expect(guard(["Host: a", "Content-Length: 1000000"], {}, { bodyBytes: undefined })).toBe(1_000_000);
  });
});
