import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Observer } from "../deliver/observer.ts";
import { Counter } from "./counter.ts";
import { Histogram, quoted } from "./histogram.ts";

export interface Metrics extends Observer {
  /** Everything, in Prometheus' text format 0.0.4. */
  render(): Promise<string>;
  /** Ends the measuring of the event loop. Harmless to repeat. */
  close(): void;
}

export interface MetricsOptions {
  readonly version: string;
  /** Deliveries that wait. When it fails, the gauge is left out of that scrape. */
  readonly queueDepth: () => number | Promise<number>;
}

/**
 * Counts what the hub does. By hand rather than with a library: observing is a Map lookup and an addition,
 * and loading costs nothing when the hub starts.
 */
export function createMetrics({ version, queueDepth }: MetricsOptions): Metrics {
  const accepted = new Counter("yizhan_accepted_total", "Tasks accepted.", ["strategy"]);
  const delivered = new Counter("yizhan_delivered_total", "Deliveries that a platform took.", ["platform"]);
  const failed = new Counter("yizhan_failed_total", "Deliveries that failed for good.", ["platform", "kind"]);
  const waiting = new Counter("yizhan_waiting_total", "Times a Delivery was made to wait.", ["platform", "why"]);
  const attempts = new Histogram(
    "yizhan_attempt_seconds",
    "From sending a request to a platform to its answer.",
    "platform",
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  const endToEnd = new Histogram(
    "yizhan_end_to_end_seconds",
    "From accepting a Task to a platform having taken one of its Deliveries.",
    "platform",
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600],
  );
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();

  return {
    accepted: (strategy) => accepted.add(strategy),
    attempted: (platform, _ok, ms) => attempts.observe(platform, ms / 1000),
    delivered(platform, ms) {
      delivered.add(platform);
      endToEnd.observe(platform, ms / 1000);
    },
    failed: (platform, kind) => failed.add(platform, kind),
    waiting: (platform, why) => waiting.add(platform, why),
    async render() {
      const counted = [accepted, delivered, failed, waiting, attempts, endToEnd].map((metric) => metric.render());
      const depth = await depthOf(queueDepth);
      const gauges = [...(depth === undefined ? [] : [depth]), ...processGauges(version, loop.percentile(99) / 1e9)];
      loop.reset();
      return counted.join("") + gauges.join("");
    },
    close: () => {
      loop.disable();
    },
  };
}

async function depthOf(queueDepth: MetricsOptions["queueDepth"]): Promise<string | undefined> {
  try {
    return gauge("yizhan_queue_depth", "Deliveries that wait.", await queueDepth());
  } catch {
    // The store's own failure is logged by the store; the other numbers are wanted most at such a time.
    return undefined;
  }
}

/** Names as Prometheus' client libraries have them, so that common dashboards work. */
function processGauges(version: string, loopP99Seconds: number): string[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const startedAt = (Date.now() - process.uptime() * 1000) / 1000;
  const build = `{version=${quoted(version)},node=${quoted(process.version)}}`;
  return [
    gauge("process_resident_memory_bytes", "Resident memory.", rss),
    gauge("nodejs_heap_size_used_bytes", "JavaScript heap in use.", heapUsed),
    gauge("nodejs_heap_size_total_bytes", "JavaScript heap.", heapTotal),
    gauge("nodejs_external_memory_bytes", "Memory of objects outside the heap.", external),
    gauge("process_cpu_seconds_total", "Processor time.", (userCPUTime + systemCPUTime) / 1e6, "", "counter"),
    gauge("process_start_time_seconds", "Unix time of the start.", startedAt),
    gauge("yizhan_uptime_seconds", "Time since the start.", process.uptime()),
    gauge("nodejs_eventloop_lag_p99_seconds", "99th percentile since the last scrape.", loopP99Seconds),
    gauge("yizhan_build_info", "What is running.", 1, build),
  ];
}

function gauge(name: string, help: string, value: number, labels = "", type = "gauge"): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}${labels} ${value}\n`;
}
