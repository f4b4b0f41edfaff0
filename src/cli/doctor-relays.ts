import * as z from "zod";
import type { Advice, Examination, Finding } from "./finding.ts";

const target = z.object({ name: z.string(), state: z.string() });

const schema = z.object({
  data: z.object({
    relays: z.array(
      z.object({
        name: z.string(),
        path: z.string(),
        targets: z.array(target),
        receivers: z.array(
          z.object({
            name: z.string(),
            state: z.string(),
            error: z.string().nullable(),
            waiting: z.number(),
            dead: z.number(),
            oldest_waiting_at: z.string().nullable(),
            targets: z.array(target),
          }),
        ),
      }),
    ),
  }),
});

type Relay = z.infer<typeof schema>["data"]["relays"][number];
type Receiver = Relay["receivers"][number];

/**
 * What is wrong with relays and their receivers.
 *
 * @param answer What the hub said at `/api/v1/relays`; nothing is found in what is none.
 */
export function examineRelays(answer: unknown): Examination {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) return { seen: [], findings: [] };
  const { relays } = parsed.data.data;
  return { seen: relays.map(lineOf), findings: relays.flatMap(findingsOf) };
}

function lineOf({ name, path, receivers }: Relay): string {
  const waiting = receivers.reduce((sum, receiver) => sum + receiver.waiting, 0);
  return `relay ${name} at ${path}${receivers.length === 0 ? "" : `: ${waiting} callback(s) wait`}`;
}

function findingsOf({ name, targets, receivers }: Relay): Finding[] {
  return [
    ...targets
      .filter(isOut)
      .map((one) => ({ what: `relay ${name}: ${one.name} is ${one.state}`, advice: advice.target })),
    ...receivers.flatMap((receiver) => receiverFindings(`relay ${name}, receiver ${receiver.name}`, receiver)),
  ];
}

function receiverFindings(
  place: string,
  { state, error, waiting, dead, oldest_waiting_at: since }: Receiver,
): Finding[] {
  const findings: Finding[] = [];
  const backlog = waiting === 0 ? "" : `; ${waiting} wait, the oldest since ${since}`;
  if (state === "down") findings.push({ what: `${place} takes nothing: ${error}${backlog}`, advice: advice.down });
  if (state === "removed" && waiting > 0) {
    findings.push({ what: `${place} is configured no more${backlog}`, advice: advice.removed });
  }
  if (dead > 0) findings.push({ what: `${place}: ${dead} callback(s) were set aside`, advice: advice.dead });
  return findings;
}

function isOut({ state }: { readonly state: string }): boolean {
  return state === "down" || state === "ejected";
}

const advice = {
  target: {
    en: "Is the inner server running, and can this machine reach it? Requests to it are answered with 502 to 504 meanwhile, or go to another target.",
    zh: "内部服务器在运行吗，本机能访问它吗？在此期间发往它的请求会得到 502 至 504，或改发其他目标。",
  },
  down: {
    en: "Nothing is lost: it is tried about once a minute, and gets everything in order once it answers 2xx. To have it tried at once, replay something or restart the hub.",
    zh: "不会丢失：约每分钟试探一次，恢复 2xx 应答后按顺序补发。若要立即重试，可重放任意一条或重启服务。",
  },
  removed: {
    en: "What waits for it waits until a receiver of this name is configured again; skip it where nobody wants it any more.",
    zh: "等待中的回调会一直保留到同名接收方重新配置；若不再需要，请跳过它们。",
  },
  dead: {
    en: "Their receiver refused them again and again (4xx): GET /api/v1/relays/{name}/forwards?state=dead says why; once it is repaired, replay them.",
    zh: "接收方多次以 4xx 拒绝：原因见 GET /api/v1/relays/{name}/forwards?state=dead，修复后请重放。",
  },
} as const satisfies Record<string, Advice>;
