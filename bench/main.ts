import { parseArgs } from "node:util";
import { benchPush, measurements } from "./push.ts";
import { benchReceive, receiveMeasurements } from "./receive/receive.ts";
import { benchRelay, relayMeasurements } from "./relay/relay.ts";

const benchmarks = new Map([
  ["push", { run: benchPush, names: [...measurements.keys()] }],
  ["receive", { run: benchReceive, names: [...receiveMeasurements.keys()] }],
  ["relay", { run: benchRelay, names: [...relayMeasurements.keys()] }],
]);

const usage = `npm run bench -- push|receive|relay [options]

  push      how fast pushes are accepted and delivered; writes bench/RESULTS.md (about ten minutes)
  receive   how fast callbacks are taken in; writes bench/RESULTS-receive.md (about ten minutes)
  relay     how fast requests are relayed, beside nginx and others; writes bench/RESULTS-relay.md (about ten minutes).
            Needs Debian's nginx and wrk

  --quick           shorter and smaller, to see that everything works (about two minutes)
  --rounds N        rounds of what is compared, 1 to 99 (default 7, quick 3)
  --only NAME       only this measurement, may be repeated; nothing is written.
                    push: ${benchmarks.get("push")?.names.join(", ")}
                    receive: ${benchmarks.get("receive")?.names.join(", ")}
                    relay: ${benchmarks.get("relay")?.names.join(", ")}
  --profile         profiles the hub (of push: in "accept" and "delivery") and shows where its time went; slower
  --help

Measures the built file: npm builds it first. Needs nothing but this machine, where nothing else is said.
`;

const flags = {
  quick: { type: "boolean", default: false },
  rounds: { type: "string" },
  only: { type: "string", multiple: true },
  profile: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

try {
  const { values, positionals } = parseArgs({ options: flags, allowPositionals: true });
  const { quick, profile, only = [] } = values;
  if (values.help) process.stdout.write(usage);
  else {
    const benchmark = positionals.length === 1 ? benchmarks.get(positionals[0] ?? "") : undefined;
    if (!benchmark) {
      throw new TypeError(`found ${positionals.join(" ") || "no benchmark"}, expected push, receive or relay`);
    }
    const unknown = only.find((name) => !benchmark.names.includes(name));
    if (unknown !== undefined) {
      throw new TypeError(`--only: found ${unknown}, expected one of ${benchmark.names.join(", ")}`);
    }
    const rounds = roundsIn(values.rounds ?? (quick ? "3" : "7"));
    const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
    await benchmark.run({ quick, rounds, only, profile, command });
  }
} catch (error) {
  const isUsage = error instanceof TypeError;
  process.stderr.write(`bench: ${isUsage ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  if (isUsage) process.stderr.write(`\n${usage}`);
  process.exit(1);
}
process.exit();

function roundsIn(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new TypeError(`--rounds: found ${text}, expected a number from 1 to 99`);
  return Number(text);
}
