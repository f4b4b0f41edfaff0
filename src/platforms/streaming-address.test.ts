import { describe, expect, it } from "vitest";
import { HttpFailure } from "./http.ts";
import { StreamFailure } from "./streaming.ts";
import { askAddress, streamAddress } from "./streaming-address.ts";

describe("the address that a platform names", () => {
  it("is taken when it is a wss: address", () => {
    expect(streamAddress("wss://example.com/a?ticket=t", "https://example.com").host).toBe("example.com");
  });

  it("may be a ws: address only where the platform itself was asked in the clear", () => {
    expect(streamAddress("ws://127.0.0.1:1/a", "http://127.0.0.1:1").protocol).toBe("ws:");
    expect(() => streamAddress("ws://example.com/a", "https://example.com")).toThrow("expected a wss: address");
  });

  it.each([
    [undefined],
    [7],
    ["nonsense?ticket=secret"],
    ["https://example.com/?ticket=secret"],
    [`wss://example.com/${"a".repeat(5_000)}`],
  ])("is refused when it is %j, without being quoted", (address) => {
    const failure = failureOf(() => streamAddress(address, "https://example.com"));
    expect(failure.reason).toBe("unavailable");
    expect(failure.message).not.toContain("secret");
  });
});

describe("a platform that does not answer", () => {
  it("is unavailable, with the reason in words", async () => {
    const http = { post: () => Promise.reject(new HttpFailure("timeout", "no answer within 15000 ms")) };
    const asked = askAddress({ http }, { url: "https://example.com", body: "{}" });
    await expect(asked).rejects.toMatchObject({ reason: "unavailable", message: /no answer within 15000 ms/ });
  });

  it("is told from a mistake of the hub's own", async () => {
    const http = { post: () => Promise.reject(new TypeError("ours")) };
    await expect(askAddress({ http }, { url: "https://example.com", body: "{}" })).rejects.toThrow(TypeError);
  });
});

function failureOf(call: () => unknown): StreamFailure {
  try {
    call();
  } catch (error) {
    if (error instanceof StreamFailure) return error;
  }
  throw new Error("no StreamFailure was thrown");
}
