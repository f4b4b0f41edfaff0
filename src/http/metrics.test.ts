import { describe, expect, it, onTestFinished } from "vitest";
import { createMetrics, type MetricsOptions } from "./metrics.ts";

describe("metrics", () => {
  it("count what was told", async () => {
    const metrics = setup();
    metrics.accepted("failover", 2);
    metrics.accepted("failover", 1);
    metrics.accepted("all", 3);
    metrics.delivered("feishu", 20);
    metrics.failed("email", "rejected");
    metrics.waiting("wecom", "rate-limited");
    const lines = await rendered(metrics);
    expect(lines).toContain('yizhan_accepted_total{strategy="failover"} 2');
    expect(lines).toContain('yizhan_accepted_total{strategy="all"} 1');
    expect(lines).toContain('yizhan_delivered_total{platform="feishu"} 1');
    expect(lines).toContain('yizhan_failed_total{platform="email",kind="rejected"} 1');
    expect(lines).toContain('yizhan_waiting_total{platform="wecom",why="rate-limited"} 1');
    expect(lines).toContain('yizhan_end_to_end_seconds_bucket{platform="feishu",le="0.01"} 0');
    expect(lines).toContain('yizhan_end_to_end_seconds_bucket{platform="feishu",le="0.025"} 1');
  });

  it("sort times into cumulative buckets whose bounds belong to them", async () => {
    const metrics = setup();
    for (const ms of [5, 6, 10, 99_000]) metrics.attempted("feishu", true, ms);
    const lines = await rendered(metrics);
    expect(lines).toContain('yizhan_attempt_seconds_bucket{platform="feishu",le="0.005"} 1');
    expect(lines).toContain('yizhan_attempt_seconds_bucket{platform="feishu",le="0.01"} 3');
    expect(lines).toContain('yizhan_attempt_seconds_bucket{platform="feishu",le="10"} 3');
    expect(lines).toContain('yizhan_attempt_seconds_bucket{platform="feishu",le="+Inf"} 4');
    expect(lines).toContain('yizhan_attempt_seconds_sum{platform="feishu"} 99.021');
    expect(lines).toContain('yizhan_attempt_seconds_count{platform="feishu"} 4');
  });

  it("tell of the queue and the process", async () => {
    const lines = await rendered(setup({ queueDepth: async () => 42 }));
    expect(lines).toContain("yizhan_queue_depth 42");
    expect(lines).toContain(`yizhan_build_info{version="1.2.3",node="${process.version}"} 1`);
    for (const name of [
      "process_resident_memory_bytes",
      "process_cpu_seconds_total",
      "nodejs_eventloop_lag_p99_seconds",
    ]) {
      expect(lines.find((line) => line.startsWith(`${name} `))).toMatch(/ [\d.]+(e-?\d+)?$/);
    }
  });

  it("leave out a queue that cannot be counted, and nothing else", async () => {
    const lines = await rendered(setup({ queueDepth: () => Promise.reject(new Error("disk")) }));
    expect(lines.some((line) => line.includes("yizhan_queue_depth"))).toBe(false);
    expect(lines.some((line) => line.startsWith("process_resident_memory_bytes "))).toBe(true);
  });

  it("keep a strange label within its quotes", async () => {
    const metrics = setup();
    metrics.accepted('a"b\\c\nd', 1);
    expect(await rendered(metrics)).toContain('yizhan_accepted_total{strategy="a\\"b\\\\c\\nd"} 1');
  });

  it("are lines of the text format, each metric described once", async () => {
    const metrics = setup();
    metrics.delivered("feishu", 1);
    const lines = await rendered(metrics);
    const sample = /^[a-z_]+[a-z0-9_]*(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+.\deNaInf]+$/;
    const strange = lines.filter((line) => !/^# (HELP|TYPE) \w+ .+$/.test(line) && !sample.test(line));
    expect(strange).toEqual([]);
    const types = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2]);
    expect(new Set(types).size).toBe(types.length);
  });
});

function setup(changes: Partial<MetricsOptions> = {}) {
  const metrics = createMetrics({ version: "1.2.3", queueDepth: () => 0, ...changes });
  onTestFinished(() => metrics.close());
  return metrics;
}

async function rendered(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const text = await metrics.render();
  expect(text.endsWith("\n")).toBe(true);
  return text.trimEnd().split("\n");
}
