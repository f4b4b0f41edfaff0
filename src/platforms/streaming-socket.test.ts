import { describe, expect, it } from "vitest";
import { startHttpProxy } from "../testing/http-proxy.ts";
import { openSocket } from "./streaming-socket.ts";

describe("a long connection through a proxy", () => {
  it("asks it for a tunnel, and says so without its password when there is none", async () => {
    await using proxy = await startHttpProxy({ refuse: true });
    const opening = openSocket({
      url: new URL("wss://open.feishu.example/ws?ticket=SECRET"),
      proxy: proxy.url,
      clock: { now: () => 0, at: () => () => {} },
      log: { warn: () => {} },
      signal: new AbortController().signal,
      onData: () => {},
      pingIntervalMs: () => 1_000,
    });
    const failure = await opening.then(String, (error: unknown) => `${error}`);
    expect(failure).toMatch(/^StreamFailure: /);
    expect(failure).not.toMatch(/pa55|SECRET/);
    expect(proxy.asked).toEqual(["CONNECT open.feishu.example:443"]);
  });
});
