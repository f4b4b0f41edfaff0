import { grouped } from "../figures.ts";
import type { HubProcess } from "../hub-process.ts";
import type { Section } from "../section.ts";
import { callbackRate, connections } from "./callback-rate.ts";
import { callbackMaker, requestPool } from "./callbacks.ts";
import { startDeafConsumers } from "./deaf-consumers.ts";
import { type ReceiveBench, startReceivingHub } from "./receive-bench.ts";

const goalP99Ms = 50;
const perSecond = 500;

/** Do consumers that take nothing keep the platforms waiting? */
export async function measureDeaf(context: ReceiveBench): Promise<Section> {
  const { quick, hub: program, profiling, folder, quiet, say } = context;
  const forS = quick ? 8 : 30;
  const hub = await startReceivingHub(folder("deaf"), program, profiling);
  const consumers = await startDeafConsumers(hub);
  const makers = (["wecom", "feishu", "dingtalk"] as const).map((platform) => callbackMaker(platform));
  const make = (n: number) => makers[n % makers.length]?.() ?? { request: neverSent, messageId: "" };
  const warm = Array.from({ length: perSecond }, (_, n) => make(n));
  await quiet();
  await callbackRate(hub, { request: requestPool(warm), count: warm.length, perSecond });
  const callbacks = Array.from({ length: forS * perSecond }, (_, n) => make(n));
  const rate = await callbackRate(hub, { request: requestPool(callbacks), count: callbacks.length, perSecond });
  say(`  p50 ${rate.p50Ms.toFixed(1)}, p99 ${rate.p99Ms.toFixed(1)}, longest ${rate.longestMs.toFixed(1)} ms`);
  const wanted = [...warm, ...callbacks].map(({ messageId }) => messageId);
  const { missing, twice } = compare(wanted, await storedMessages(hub));
  consumers.stop();
  await hub.stop();
  say(`  ${missing} of ${grouped(wanted.length)} not stored, ${twice} stored twice`);
  return {
    title: `Answering ${perSecond} callbacks a second while every consumer is down`,
    how: `${grouped(callbacks.length)} messages of WeCom, Feishu and DingTalk in turn, ${forS} s, over ${connections} connections, after a second of the same to warm up; each is due at its own moment whatever the others do, and its time counts from that moment to the answer. Meanwhile ${consumers.subscriptions} subscriptions want every Event, half of them at a port where nobody listens, half at a server that takes requests and never answers, and ${consumers.streams} clients have a stream of Events open and do not read it. Afterwards all Events were listed at /api/v1/events, and every message was looked for by its id.`,
    columns: ["callbacks", "p50 ms", "p99 ms", "longest ms", "not stored", "stored twice"],
    rows: [
      [
        grouped(callbacks.length),
        ...[rate.p50Ms, rate.p99Ms, rate.longestMs].map((ms) => ms.toFixed(1)),
        grouped(missing),
        grouped(twice),
      ],
    ],
    verdicts: [
      {
        what: `answer at ${perSecond}/s with every consumer down, p99`,
        goal: `< ${goalP99Ms} ms`,
        measured: `${rate.p99Ms.toFixed(1)} ms`,
        met: rate.p99Ms < goalP99Ms,
      },
      {
        what: "answered, but not stored; stored twice",
        goal: "0, 0",
        measured: `${grouped(missing)}, ${grouped(twice)}`,
        met: missing === 0 && twice === 0,
      },
    ],
  };
}

const neverSent = { method: "POST", url: "http://hub/", headers: {}, body: "" } as const;

/** The ids of the messages of all stored Events. */
async function storedMessages(hub: HubProcess): Promise<string[]> {
  const found: string[] = [];
  for (let cursor = ""; ; ) {
    const answer = await hub.get(`/api/v1/events?limit=1000${cursor}`);
    const { data } = (await answer.json()) as EventsAnswer;
    found.push(...data.events.map((event) => event.data.messageId ?? ""));
    if (data.next_cursor === null) return found;
    cursor = `&cursor=${data.next_cursor}`;
  }
}

interface EventsAnswer {
  readonly data: {
    readonly events: readonly { readonly data: { readonly messageId?: string } }[];
    readonly next_cursor: string | null;
  };
}

function compare(wanted: readonly string[], stored: readonly string[]): { missing: number; twice: number } {
  const counts = new Map<string, number>();
  for (const id of stored) counts.set(id, (counts.get(id) ?? 0) + 1);
  return {
    missing: wanted.filter((id) => !counts.has(id)).length,
    twice: wanted.filter((id) => (counts.get(id) ?? 0) > 1).length,
  };
}
