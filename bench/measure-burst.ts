import type { BenchContext } from "./bench-context.ts";
import { runDeliveries } from "./delivery-run.ts";
import { grouped } from "./figures.ts";
import { manyRecipients } from "./hub-config.ts";
import { startHubProcess } from "./hub-process.ts";
import type { Section } from "./section.ts";

const pushes = 100_000;

/** Everything at once, and nobody is turned away. */
export async function measureBurst({ receiver, hub: program, folder, quiet, say }: BenchContext): Promise<Section> {
  const recipients = manyRecipients(128);
  const hub = await startHubProcess({
    folder: folder("burst"),
    config: { platformUrl: receiver.url, recipients },
    program,
  });
  await quiet();
  const run = await runDeliveries(hub, receiver, {
    run: "burst",
    recipients: recipients.map(({ alias }) => alias),
    strategy: "failover",
    style: "card",
    most: pushes,
  });
  const sampled = await unsettled(run.load.ids, (id) => hub.get(`/api/v1/task/${id}`));
  const failed = await hub.metric("yizhan_failed_total");
  await hub.stop();
  const { load, delivered, lost, duplicates, tookMs } = run;
  const refused = load.begun - load.accepted;
  say(`  accepted ${grouped(load.accepted)} in ${seconds(load.tookMs)}, drained in ${seconds(tookMs)}, ${lost} lost`);
  return {
    title: `A burst of ${grouped(pushes)} pushes`,
    how: `Default settings (only the Recipients are configured). ${grouped(pushes)} pushes over 64 connections as fast as answers come, deliveries going on meanwhile; then nothing more until the hub's queue depth is 0. Every accepted push was looked up at the receiver, and ${samples} tasks, evenly spread, were asked for at the hub: each must be completed.`,
    columns: [
      "accepted",
      "refused",
      "accepted within",
      "accepted/s",
      "drained within",
      "delivered",
      "lost",
      "twice",
      "sampled tasks not completed",
    ],
    rows: [
      [
        grouped(load.accepted),
        grouped(refused),
        seconds(load.tookMs),
        grouped((load.accepted / load.tookMs) * 1000),
        seconds(tookMs),
        grouped(delivered),
        grouped(lost),
        grouped(duplicates),
        grouped(sampled),
      ],
    ],
    verdicts: [
      {
        what: `burst of ${grouped(pushes)}: refused, lost, failed`,
        goal: "0, 0, 0",
        measured: `${grouped(refused)}, ${grouped(lost)}, ${grouped(failed)}`,
        met: refused === 0 && lost === 0 && failed === 0 && sampled === 0 && delivered === pushes,
      },
    ],
  };
}

const samples = 200;

async function unsettled(ids: Buffer, ask: (id: string) => Promise<Response>): Promise<number> {
  let wrong = 0;
  for (let sample = 0; sample < samples; sample++) {
    const n = Math.floor((sample / samples) * pushes);
    const answer = (await (await ask(ids.toString("latin1", n * 36, n * 36 + 36))).json()) as {
      data?: { status?: string };
    };
    if (answer.data?.status !== "completed") wrong++;
  }
  return wrong;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
