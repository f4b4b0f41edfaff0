import * as z from "zod";
import type { Endpoint } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";

/** How the hub is, as whoever knows every part of it puts it together. */
export interface HubStatus {
  readonly accounts: readonly AccountStatus[];
  /** Deliveries that wait. */
  readonly waiting: number;
  /** Stored Events by type. */
  readonly events: Readonly<Record<string, number>>;
  /** Anything else worth a number: `recipients`, `channels`, `subscriptions`, `handlers`. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface AccountStatus {
  readonly platform: string;
  readonly name: string;
  /** `/callbacks/{tenant}/{platform}/{account}`; absent for what the hub asks by itself, such as a mailbox. */
  readonly callbackPath?: string | undefined;
  /** Since the start. Epoch milliseconds. */
  readonly lastEventAt?: number | undefined;
  /** Callbacks turned away since the start, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Where a long connection is used: `connected`, `connecting` … */
  readonly connection?: string | undefined;
}

export interface StatusOptions {
  /** @throws StoreError */
  readonly status: () => Promise<HubStatus>;
  readonly version: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly now: () => number;
}

/** `GET /api/v1/status`. */
export function statusEndpoint({ status, version, startedAt, now }: StatusOptions): Endpoint {
  return {
    method: "GET",
    path: "/api/v1/status",
    doc,
    async handle(_request, reply) {
      const { accounts, waiting, events, counts } = await status();
      const data: z.infer<typeof statusSchema> = {
        accounts: accounts.map(shownAccount),
        queue: { waiting },
        store: { events: { ...events } },
        counts: { ...counts, events: Object.values(events).reduce((sum, count) => sum + count, 0) },
        uptime_seconds: Math.floor((now() - startedAt) / 1000),
        version,
      };
      answer(reply, 200, "获取状态成功", data);
    },
  };
}

const accountSchema = z.object({
  platform: z.string(),
  name: z.string(),
  callback_path: z.string().nullable().describe("主动拉取的账号没有 | None where the hub asks by itself"),
  health: z.object({
    last_event_at: z.iso.datetime().nullable().describe("启动以来 | Since the start"),
    refusals: z.record(z.string(), z.int()).describe("按原因统计的拒绝次数 | Callbacks turned away, by reason"),
    connection: z.string().nullable().describe("长连接状态 | State of the long connection, where one is used"),
  }),
});

const statusSchema = z.object({
  accounts: z.array(accountSchema),
  queue: z.object({ waiting: z.int() }),
  store: z.object({ events: z.record(z.string(), z.int()) }),
  counts: z.record(z.string(), z.int()),
  uptime_seconds: z.int(),
  version: z.string(),
});

function shownAccount(account: AccountStatus): z.infer<typeof accountSchema> {
  const { platform, name, callbackPath, lastEventAt, refusals, connection } = account;
  return {
    platform,
    name,
    callback_path: callbackPath ?? null,
    health: {
      last_event_at: lastEventAt === undefined ? null : timeText(lastEventAt),
      refusals: { ...refusals },
      connection: connection ?? null,
    },
  };
}

const doc: Endpoint["doc"] = {
  operationId: "status",
  summary: "运行状态 | Accounts and their health, queue, store, counts",
  answers: [{ status: 200, message: "获取状态成功", data: statusSchema }],
};
