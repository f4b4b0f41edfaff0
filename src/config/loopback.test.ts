import { describe, expect, it } from "vitest";
import { isLoopback } from "./loopback.ts";

describe("an address that only this machine can reach", () => {
  it.each(["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"])(
    "is %s",
    (host) => expect(isLoopback(host)).toBe(true),
  );

  it.each([
    "0.0.0.0",
    "::",
    "",
    "10.0.0.1",
    "128.0.0.1",
    "127.evil.example",
    "localhost.evil.example",
    "::ffff:10.0.0.1",
    "fe80::1%lo",
    "127.1.example",
  ])("is not %j", (host) => expect(isLoopback(host)).toBe(false));
});
