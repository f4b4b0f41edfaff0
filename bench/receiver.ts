import { createSandbox } from "../src/sandbox/server.ts";
import { sharedNow } from "./clock.ts";
import { numberIn } from "./push-text.ts";
import type { FromReceiver, ToReceiver } from "./receiver-protocol.ts";

// The receiver process: the hub's own sandbox without limits, noting when each numbered message arrives.

let run = "";
let places = 1;
let counts = new Uint8Array(0);
let arrivedAt = new Float64Array(0);
let arrived = 0;
let told = 0;
let strays = 0;

const sandbox = createSandbox({
  pace: { enabled: false },
  onMessage({ text, token }) {
    const n = numberIn(run, text);
    const place = places === 1 ? 0 : Number(token.slice(-4));
    const slot = n * places + place;
    if (n < 0 || n >= arrivedAt.length || !(place < places)) {
      strays++;
      return;
    }
    if (arrivedAt[n] === 0) arrivedAt[n] = sharedNow();
    counts[slot] = Math.min(255, (counts[slot] ?? 0) + 1);
    arrived++;
  },
});

process.on("message", (message: ToReceiver) => {
  if (message.ask === "report") {
    tell({ tell: "report", counts, arrivedAt, strays });
    return;
  }
  ({ run, places } = message);
  counts = new Uint8Array(message.most * places);
  arrivedAt = new Float64Array(message.most);
  arrived = 0;
  told = 0;
  strays = 0;
  tell({ tell: "begun" });
});

// The benchmark is gone: so are we.
process.on("disconnect", () => process.exit());

setInterval(() => {
  if (arrived === told) return;
  told = arrived;
  tell({ tell: "progress", arrived });
}, 4);

await sandbox.listen();
tell({ tell: "listening", url: sandbox.url });

function tell(message: FromReceiver): void {
  process.send?.(message);
}
