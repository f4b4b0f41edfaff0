import { grouped, median, percentile, spread } from "../figures.ts";
import { Load } from "../load.ts";
import { waitedMs } from "../processes.ts";
import type { Section } from "../section.ts";
import type { Origin } from "./nginx.ts";
import { path, startProxy } from "./proxies.ts";
import { bodyBytes, connections, type RelayBench } from "./relay-bench.ts";
import { Wrk } from "./wrk.ts";

const goalMs = 2;

/** Our own load generator shares its core with the upstream; it can pace no more than this. */
const mostPerSecond = 12_000;

/** What the relay adds to the time of an answer when it has half of what it can take. */
export async function measureLatency(bench: RelayBench): Promise<Section> {
  const { quick, rounds, upstream, quiet, say } = bench;
  const seconds = quick ? 3 : 10;
  const relay = await startProxy("relay", bench);
  const nginx = await startProxy("nginx", bench);
  const wrk = new Wrk(bench.folder("wrk"));
  const warm = await wrk.run(`http://127.0.0.1:${relay.port}${path}`, relay.pid, seconds);
  const most = await wrk.run(`http://127.0.0.1:${relay.port}${path}`, relay.pid, seconds);
  const perSecond = Math.min(mostPerSecond, Math.round(Math.max(warm.perSecond, most.perSecond) / 2));
  const run = async ({ port, pid }: Origin): Promise<Latencies> => {
    const before = waitedMs(pid);
    const latencies = await paced(port, perSecond, perSecond * seconds);
    return { ...latencies, waitedShare: (waitedMs(pid) - before) / (seconds * 1_000) };
  };
  await run(upstream);
  const measured: { direct: Latencies; relay: Latencies; nginx: Latencies }[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const all = { direct: await run(upstream), relay: await run(relay), nginx: await run(nginx) };
    measured.push(all);
    say(
      `  p99 direct ${all.direct.p99.toFixed(2)}, relay ${all.relay.p99.toFixed(2)}, nginx ${all.nginx.p99.toFixed(2)} ms`,
    );
  }
  await relay.stop();
  await nginx.stop();
  const p = (name: "direct" | "relay" | "nginx", which: keyof Latencies) => measured.map((round) => round[name][which]);
  const added = (name: "relay" | "nginx") => measured.map((round) => round[name].p99 - round.direct.p99);
  return {
    title: "Time added at half load",
    how: `${grouped(perSecond)} requests a second, half of what the relay takes at most (but no more than ${grouped(mostPerSecond)}), each due at its own moment whatever the others do; its time counts from that moment to the answer. ${bodyBytes} bytes each way over ${connections} connections, ${seconds} s each in turn, straight to the upstream and through each proxy. The load generator and the upstream share a core, so much of the p99 is their own. The last column is the share of the time in which whoever answered was ready to go on and had no core, because another program had it: on a quiet machine there is next to none, and where there is much of it, the p99 tells of that and not of the relay.`,
    columns: ["", "p50 ms", "p99 ms", "added p99 ms", "waited for its core"],
    rows: (["direct", "relay", "nginx"] as const).map((name) => [
      name,
      spread(p(name, "p50"), 2),
      spread(p(name, "p99"), 2),
      name === "direct" ? "" : spread(added(name), 2),
      spread(p(name, "waitedShare"), 2),
    ]),
    verdicts: [
      {
        what: "p99 that the relay adds at half load",
        goal: `< ${goalMs} ms`,
        measured: `${spread(added("relay"), 2)} ms`,
        met: median(added("relay")) < goalMs,
      },
    ],
  };
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

interface Latencies extends Percentiles {
  /** Of the time, 0 to 1. */
  readonly waitedShare: number;
}

const body = "x".repeat(bodyBytes);
const request = `POST ${path} HTTP/1.1\r\nHost: relay.example\r\nContent-Type: text/xml\r\nContent-Length: ${bodyBytes}\r\n\r\n${body}`;

/** In ms. @throws Error when any answer was not a 200. */
async function paced(port: number, perSecond: number, count: number): Promise<Percentiles> {
  const load = new Load({
    port,
    connections,
    request: () => request,
    most: count,
    perSecond,
    isAccepted: (status) => status === 200,
  });
  const { begun, accepted, refused, sentAt, answeredAt } = await load.run();
  if (accepted !== begun) throw new Error(`not every request was answered: ${JSON.stringify([...refused])}`);
  const latencies = answeredAt.map((at, n) => at - (sentAt[n] ?? 0));
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
