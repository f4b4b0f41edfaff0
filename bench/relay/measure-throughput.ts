import { grouped, median, spread } from "../figures.ts";
import type { Section } from "../section.ts";
import type { Origin } from "./nginx.ts";
import { type ProxyName, path, proxyNames, startProxy } from "./proxies.ts";
import { bodyBytes, connections, type RelayBench } from "./relay-bench.ts";
import { Wrk, type WrkRun } from "./wrk.ts";

const goal = 0.5;

/** How many requests a second each proxy takes on one core. */
export async function measureThroughput(bench: RelayBench): Promise<Section> {
  const { quick, rounds, quiet, say } = bench;
  const seconds = quick ? 2 : 5;
  const wrk = new Wrk(bench.folder("wrk"));
  const proxies = new Map<ProxyName, Origin>();
  for (const name of proxyNames) proxies.set(name, await startProxy(name, bench));
  const run = async (name: ProxyName): Promise<WrkRun> => {
    const { port, pid } = proxies.get(name) as Origin;
    return wrk.run(`http://127.0.0.1:${port}${path}`, pid, seconds);
  };
  // Compiled before anything counts.
  for (const name of proxyNames) await run(name);
  const measured: Record<ProxyName, WrkRun>[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const order = round % 2 === 0 ? proxyNames : proxyNames.toReversed();
    const runs: [ProxyName, WrkRun][] = [];
    for (const name of order) runs.push([name, await run(name)]);
    const all = Object.fromEntries(runs) as Record<ProxyName, WrkRun>;
    measured.push(all);
    say(
      `  ${proxyNames.map((name) => `${name} ${grouped(all[name].perSecond)}/s ${all[name].cpuUs.toFixed(1)} µs`).join(", ")}`,
    );
  }
  for (const proxy of proxies.values()) await proxy.stop();
  const ratios = (name: ProxyName) => measured.map((round) => round.relay.perSecond / round[name].perSecond);
  const rates = (name: ProxyName) => measured.map((round) => round[name].perSecond);
  const cpu = (name: ProxyName) => measured.map((round) => round[name].cpuUs);
  const others = proxyNames.filter((name) => name !== "relay" && name !== "nginx");
  const versions =
    "nginx is Debian's, with kept connections to the upstream and no access log; the relay is started by TARGET_SERVER_URL alone, and writes its line a request to a pipe; http-proxy and http-proxy-middleware are given an agent that keeps connections";
  return {
    title: "Requests a second on one core",
    how: `POSTs of ${bodyBytes} bytes answered with ${bodyBytes} bytes, by wrk over ${connections} connections, ${seconds} s each in turn, after as long to warm up. Each proxy has the same core for itself while it is measured; wrk and the upstream, an nginx that answers at once, share the other. ${versions}. Processor time is the proxy's own, user and system, by the kernel's count.`,
    columns: ["", "requests/s", "relay ÷ this", "processor time a request, µs"],
    rows: proxyNames.map((name) => [
      name,
      spread(rates(name), 0),
      name === "relay" ? "" : spread(ratios(name), 2),
      spread(cpu(name), 1),
    ]),
    verdicts: [
      {
        what: "relay ÷ nginx proxy_pass, requests/s",
        goal: `≥ ${goal}`,
        measured: spread(ratios("nginx"), 2),
        met: median(ratios("nginx")) >= goal,
      },
      ...others.map((name) => ({
        what: `relay ÷ ${name}, requests/s`,
        goal: "> 1",
        measured: spread(ratios(name), 2),
        met: median(ratios(name)) > 1,
      })),
    ],
  };
}
