import { describe, expect, it } from "vitest";
import type { FinishedRequest } from "../relay/relay-observer.ts";
import { RelayMetrics } from "./relay-metrics.ts";

const request: FinishedRequest = {
  relay: "wework",
  id: "1",
  method: "GET",
  path: "/a",
  status: 200,
  ms: 3,
  cause: undefined,
  detail: undefined,
};

describe("the metrics of relays", () => {
  it("count requests by class, failures by cause, and how long they took", () => {
    const metrics = new RelayMetrics();
    metrics.finished(request);
    metrics.finished({ ...request, status: 404, ms: 40 });
    metrics.finished({ ...request, status: 504, ms: 31_000, cause: "target-answer-timeout" });
    metrics.repeated("wework");
    const text = metrics.render({
      pending: [{ relay: "wework", pending: 2 }],
      agents: [{ tunnel: "office", agents: 1 }],
      targets: [],
    });
    for (const line of [
      'yizhan_relay_requests_total{relay="wework",status="2xx"} 1',
      'yizhan_relay_requests_total{relay="wework",status="4xx"} 1',
      'yizhan_relay_requests_total{relay="wework",status="5xx"} 1',
      'yizhan_relay_failures_total{relay="wework",cause="target-answer-timeout"} 1',
      'yizhan_relay_repeats_total{relay="wework"} 1',
      'yizhan_relay_request_seconds_bucket{relay="wework",le="0.005"} 1',
      'yizhan_relay_request_seconds_bucket{relay="wework",le="0.05"} 2',
      'yizhan_relay_request_seconds_bucket{relay="wework",le="30"} 2',
      'yizhan_relay_request_seconds_count{relay="wework"} 3',
      'yizhan_relay_pending{relay="wework"} 2',
      'yizhan_tunnel_agents{tunnel="office"} 1',
    ]) {
      expect(text.split("\n")).toContain(line);
    }
  });
});
