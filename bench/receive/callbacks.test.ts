import { describe, expect, it } from "vitest";
import type { BenchPlatform } from "./accounts.ts";
import { callbackMaker, requestPool } from "./callbacks.ts";
import { hubRequest, receiving } from "./hub-requests.ts";

const platforms = ["wecom", "feishu", "dingtalk"] as const satisfies readonly BenchPlatform[];

describe.each(platforms)("callbacks of %s", (platform) => {
  it("are taken by the hub, and each tells of another message", () => {
    const made = Array.from({ length: 50 }, callbackMaker(platform));
    const receive = receiving(platform, Date.now());
    const keys = made.flatMap((each) => {
      const callback = receive(hubRequest(each));
      return callback.kind === "events" ? callback.events.map(({ key }) => key) : [];
    });
    expect(new Set(keys).size).toBe(50);
    expect(new Set(made.map(({ messageId }) => messageId)).size).toBe(50);
  });

  it("are refused when a byte of the body is another", () => {
    const { request } = callbackMaker(platform)();
    const receive = receiving(platform, Date.now());
    // The middle of what is encrypted, and for DingTalk of what was written.
    const middle = Math.floor(request.body.length / 2);
    const other = request.body[middle] === "A" ? "B" : "A";
    const body = request.body.slice(0, middle) + other + request.body.slice(middle + 1);
    const altered = hubRequest({ request: { ...request, body }, messageId: "" });
    // What people write to DingTalk's robots is signed without its body.
    if (platform === "dingtalk") expect(receive(altered).kind).toBe("events");
    else expect(() => receive(altered)).toThrow("was not taken");
  });

  it("are whole HTTP requests, counted in bytes", () => {
    const [head = "", body = ""] = requestPool([callbackMaker(platform)()])(0).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^POST /callbacks/default/${platform}/bench[ ?]`));
    expect(head).toContain(`content-length: ${body.length}`);
  });
});

it("never two with one nonce", () => {
  const nonces = Array.from({ length: 2_000 }, callbackMaker("wecom")).map(
    ({ request }) => new URL(request.url).searchParams.get("nonce") ?? "",
  );
  expect(new Set(nonces).size).toBe(2_000);
});
