import { describe, expect, it } from "vitest";
import { startHub } from "./hub-for-tests.ts";

describe("/health", () => {
  it("answers as the manual prints it, without the envelope", async () => {
    const hub = await startHub();
    const { status, body } = await hub.ask("GET", "/health");
    expect(status).toBe(200);
    expect(body).toEqual({ status: "ok", timestamp: "2025-01-04T01:30:00Z", version: "1.0.0" });
  });
});

describe("/ready", () => {
  it("is 200 when the store answers", async () => {
    const hub = await startHub();
    const { status, body } = await hub.ask("GET", "/ready");
    expect([status, body]).toEqual([200, { status: "ok", timestamp: "2025-01-04T01:30:00Z" }]);
  });

  it.each<[string, () => Promise<void>]>([
    ["refuses", () => Promise.reject(new Error("disk"))],
    ["does not answer", () => new Promise(() => {})],
    [
      "throws",
      () => {
        throw new Error("closed");
      },
    ],
  ])("is 503 when the store %s", async (_what, ready) => {
    const hub = await startHub({ ready, limits: { readyTimeoutMs: 20 } });
    const { status, body } = await hub.ask("GET", "/ready");
    expect([status, body.status]).toEqual([503, "unavailable"]);
  });
});

describe("/metrics", () => {
  it("is Prometheus text", async () => {
    const hub = await startHub();
    const { status, headers, text } = await hub.ask("GET", "/metrics");
    expect([status, text]).toEqual([200, "yizhan_build_info 1\n"]);
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  });
});
