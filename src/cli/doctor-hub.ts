import * as z from "zod";
import { failureAdvice, hubAdvice, longConnection, refusalAdvice, unknownReason } from "./doctor-advice.ts";
import { examineRelays } from "./doctor-relays.ts";
import type { Advice, Examination, Finding } from "./finding.ts";
import { samplesOf } from "./metric-samples.ts";

export interface HubPlace {
  /** With or without a path, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Give up on each question after this long. */
  readonly timeoutMs: number;
}

/** `reached` is false when nothing answers there; then that is the only finding. */
export interface HubExamination extends Examination {
  readonly reached: boolean;
}

/** Larger answers are cut off: whatever sends them is not the hub. */
const maxBytes = 8 * 1_048_576;

/** Asks a running hub how it is, and says what to fix. */
export async function examineHub(place: HubPlace): Promise<HubExamination> {
  const ready = await ask(place, "/ready");
  const origin = originOf(place.url);
  if (!ready)
    return { reached: false, seen: [], findings: [found(`no hub answers at ${origin}`, hubAdvice.unreachable)] };
  const findings: Finding[] = [];
  if (ready.status === 503) findings.push(found(`${origin} is not ready`, hubAdvice.unready));
  const [status, metrics] = [await ask(place, "/api/v1/status"), await ask(place, "/metrics")];
  const relays = examineRelays(jsonOf((await ask(place, "/api/v1/relays"))?.text));
  if (status?.status === 401) {
    const what = place.key === undefined ? `${origin} wants a key` : `${origin} does not know this key`;
    return { reached: true, seen: [], findings: [...findings, found(what, hubAdvice.unauthorized)] };
  }
  const parsed = statusSchema.safeParse(jsonOf(status?.text));
  if (!parsed.success) {
    const what = `${origin} answers /api/v1/status with ${status?.status ?? "nothing"}, not with a status`;
    return { reached: true, seen: [], findings: [...findings, found(what, hubAdvice.foreign)] };
  }
  const { accounts, version, queue } = parsed.data.data;
  findings.push(...accounts.flatMap(findingsOf), ...findingsIn(metrics?.status === 200 ? metrics.text : ""));
  findings.push(...relays.findings);
  const running = `${origin} runs Yizhan ${version}; ${queue.waiting} deliveries wait`;
  const seen = [running, ...accounts.map(lineOf), ...relays.seen];
  return { reached: true, seen, findings };
}

const statusSchema = z.object({
  data: z.object({
    version: z.string(),
    queue: z.object({ waiting: z.number() }),
    accounts: z.array(
      z.object({
        platform: z.string(),
        name: z.string(),
        health: z.object({
          last_event_at: z.string().nullable(),
          refusals: z.record(z.string(), z.number()),
          connection: z.string().nullable(),
        }),
      }),
    ),
  }),
});

type AccountShown = z.infer<typeof statusSchema>["data"]["accounts"][number];

function lineOf({ platform, name, health }: AccountShown): string {
  return `${platform} ${name}: ${health.last_event_at === null ? "no event since the start" : `last event ${health.last_event_at}`}`;
}

function findingsOf({ platform, name, health }: AccountShown): Finding[] {
  const refusals = Object.entries(health.refusals).filter(([, count]) => count > 0);
  const findings = refusals.map(([reason, count]) =>
    found(
      `${platform} ${name}: ${count} callback(s) refused since the start: ${reason}`,
      adviceOn(reason, refusalAdvice),
    ),
  );
  const { connection } = health;
  if (connection !== null && !well.includes(connection)) {
    const [what, advice] = platform === "email" ? ["mailbox", hubAdvice.mailbox] : ["long connection", longConnection];
    findings.push(found(`${platform} ${name}: its ${what} is ${connection}`, advice));
  }
  return findings;
}

/** How a long connection, and a mailbox, are when nothing is wrong. */
const well: readonly string[] = ["connected", "watching"];

/** What is counted by platform only, or for no account at all. */
function findingsIn(metrics: string): Finding[] {
  const strays = samplesOf(metrics, "yizhan_callbacks_total").filter(
    ({ labels }) => labels.outcome === "unknown-account",
  );
  const failures = samplesOf(metrics, "yizhan_failed_total");
  return [
    ...strays.map(({ value }) =>
      found(`${value} callback(s) for accounts that do not exist`, refusalAdvice["unknown-account"]),
    ),
    ...failures.map(({ labels, value }) =>
      found(
        `${labels.platform}: ${value} deliveries failed since the start: ${labels.kind}`,
        adviceOn(labels.kind ?? "", failureAdvice),
      ),
    ),
  ];
}

function adviceOn(reason: string, table: Readonly<Record<string, Advice>>): Advice {
  return Object.hasOwn(table, reason) ? (table[reason] ?? unknownReason) : unknownReason;
}

function found(what: string, advice: Advice): Finding {
  return { what, advice };
}

/** Undefined when there is no answer. */
async function ask(
  { url, key, timeoutMs }: HubPlace,
  path: string,
): Promise<{ status: number; text: string } | undefined> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(`${url.replace(/\/+$/, "")}${path}`, { headers, redirect: "manual", signal });
    return { status: answer.status, text: await textOf(answer) };
  } catch {
    return undefined;
  }
}

async function textOf({ body }: Response): Promise<string> {
  if (!body) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/** Without a name and password that may stand in it. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "that address, which is no URL";
}
