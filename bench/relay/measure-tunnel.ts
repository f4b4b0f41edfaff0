import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { grouped, median, spread } from "../figures.ts";
import { cpuMs, loadCore, startNode, stopProcess } from "../processes.ts";
import type { Section } from "../section.ts";
import { startRelay } from "./proxies.ts";
import { bodyBytes, connections, type RelayBench } from "./relay-bench.ts";
import { Wrk, type WrkRun } from "./wrk.ts";

const goal = 0.5;
const key = "bench-bench-bench-bench";

/** The same requests over a tunnel, against those that the relay sends to the upstream itself. */
export async function measureTunnel(bench: RelayBench): Promise<Section> {
  const { quick, rounds, upstream, program, quiet, say } = bench;
  const seconds = quick ? 2 : 5;
  const target = `http://127.0.0.1:${upstream.port}`;
  const folder = bench.folder("tunnel");
  const config = join(folder, "tunnel.yaml");
  const relays = {
    direct: { path: "/direct", targets: [target] },
    tunnel: { path: "/tunnel", targets: [{ tunnel: "bench" }] },
  };
  writeFileSync(config, JSON.stringify({ relays, tunnels: { bench: { keys: [key] } } }));
  const relay = await startRelay(bench, {}, ["--config", config]);
  const url = `http://127.0.0.1:${relay.port}`;
  const agent = startNode(loadCore, [program, "connect", url, "--to", target], {
    cwd: folder,
    env: { PATH: process.env.PATH, YIZHAN_TUNNEL_KEY: key },
    stdio: "ignore",
  });
  await untilAnswered(`${url}/tunnel/x`);
  const wrk = new Wrk(bench.folder("wrk"));
  const run = async (name: "direct" | "tunnel"): Promise<TunnelRun> => {
    const before = cpuMs(agent.pid ?? 0);
    const ran = await wrk.run(`${url}/${name}/x`, relay.pid, seconds);
    return { ...ran, agentUs: ((cpuMs(agent.pid ?? 0) - before) * 1_000) / ran.requests };
  };
  await run("direct");
  await run("tunnel");
  const measured: { direct: TunnelRun; tunnel: TunnelRun }[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const all = { direct: await run("direct"), tunnel: await run("tunnel") };
    measured.push(all);
    say(`  direct ${grouped(all.direct.perSecond)}/s, tunnel ${grouped(all.tunnel.perSecond)}/s`);
  }
  await stopProcess(agent);
  await relay.stop();
  const ratios = measured.map(({ direct, tunnel }) => tunnel.perSecond / direct.perSecond);
  return {
    title: "The tunnel ÷ the direct relay",
    how: `POSTs of ${bodyBytes} bytes answered with ${bodyBytes} bytes, by wrk over ${connections} connections, ${seconds} s each in turn, to two paths of one relay: one sends them to the upstream, the other to an agent over one WebSocket connection, which sends them to the same upstream. The agent shares its core with wrk and the upstream; in an intranet it has one of its own.`,
    columns: ["", "requests/s", "relay's processor time a request, µs", "agent's"],
    rows: (["direct", "tunnel"] as const).map((name) => [
      name,
      spread(
        measured.map((round) => round[name].perSecond),
        0,
      ),
      spread(
        measured.map((round) => round[name].cpuUs),
        1,
      ),
      spread(
        measured.map((round) => round[name].agentUs),
        1,
      ),
    ]),
    verdicts: [
      {
        what: "tunnel ÷ direct relay, requests/s",
        goal: `≥ ${goal}`,
        measured: spread(ratios, 2),
        met: median(ratios) >= goal,
      },
    ],
  };
}

interface TunnelRun extends WrkRun {
  /** Processor time of the agent a request, microseconds. */
  readonly agentUs: number;
}

/** The agent takes a moment to connect. */
async function untilAnswered(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const { status } = await fetch(url, { method: "POST", body: "x" });
    if (status === 200) return;
    await pause(50);
  }
  throw new Error("the agent did not connect");
}
