import { join } from "node:path";
import { idMaker } from "../src/deliver/new-id.ts";
import { numbered, send } from "../src/model/plan.ts";
import { defaultTenant } from "../src/model/recipient.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";

const batch = 2_000;
const dayMs = 86_400_000;

/** Puts settled Tasks of the last twenty days, one Delivery each, into a new data folder, through the store itself. */
export async function fillStore(folder: string, tasks: number): Promise<void> {
  const store = openSqliteStore({ folder: join(folder, "data") });
  try {
    const newId = idMaker();
    const from = Date.now() - 20 * dayMs;
    const plan = {
      id: "bench-fill",
      plan: numbered(send({ channel: "feishu-gone", platform: "feishu", name: "gone" })),
    };
    for (let done = 0; done < tasks; done += batch) {
      const seqs = Array.from({ length: Math.min(batch, tasks - done) }, (_, index) => done + index + 1);
      const timeOf = (seq: number) => from + Math.floor((seq / tasks) * 19 * dayMs);
      await Promise.all(
        seqs.map((seq) =>
          store.accept({
            tenant: defaultTenant,
            id: newId(timeOf(seq)),
            recipient: "r000",
            recipientName: "r000",
            strategy: "failover",
            message: {
              title: "订单服务告警",
              body: `支付回调延迟超过阈值，请值班同学检查 payment-gateway。\n主机 10.2.3.4，队列 orders，编号 ${seq}`,
              level: "warning",
              style: "card",
            },
            plan,
            start: [0],
            createdAt: timeOf(seq),
          }),
        ),
      );
      // A new store numbers Tasks in the order of accepts, from 1.
      await Promise.all(
        seqs.map((seq) =>
          store.record({
            delivery: { taskSeq: seq, leaf: 0 },
            status: "success",
            attempts: 1,
            parts: 1,
            dueAt: timeOf(seq),
            at: timeOf(seq) + 20,
            start: [],
            taskStatus: "completed",
          }),
        ),
      );
    }
    const waiting = await store.backlog();
    if (waiting !== 0) throw new Error(`${waiting} of the filled-in Deliveries are not settled`);
  } finally {
    await store.close();
  }
}
