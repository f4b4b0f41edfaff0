import { hash } from "node:crypto";
import { join } from "node:path";
import { idMaker } from "../../src/deliver/new-id.ts";
import { defaultTenant } from "../../src/model/recipient.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { accountName } from "./accounts.ts";

const batch = 2_000;
const dayMs = 86_400_000;

/**
 * Puts Events of the last twenty days into a new data folder, through the store itself: messages to the account that
 * is measured, their ids scattered as the platform's are, each with the nonce and the body it came with.
 */
export async function fillEvents(folder: string, events: number): Promise<void> {
  const store = openSqliteStore({ folder: join(folder, "data") });
  try {
    const newId = idMaker();
    const from = Date.now() - 20 * dayMs;
    const body = "支付回调延迟超过阈值，请值班同学检查 payment-gateway。".repeat(10);
    for (let done = 0; done < events; done += batch) {
      const numbers = Array.from({ length: Math.min(batch, events - done) }, (_, index) => done + index);
      await Promise.all(
        numbers.map((n) => {
          const at = from + Math.floor((n / events) * 19 * dayMs);
          const digest = hash("sha256", `filled ${n}`, "buffer");
          const messageId = String(digest.readBigUInt64BE() >> 1n);
          const person = `person${n % 2_000}`;
          return store.arrive({
            tenant: defaultTenant,
            platform: "wecom",
            account: accountName,
            receivedAt: at,
            events: [
              {
                id: newId(at),
                type: "yizhan.message.received",
                subject: person,
                message: messageId,
                key: `message:${messageId}`,
                at,
                data: {
                  messageId,
                  kind: "text",
                  chat: { id: person, kind: "direct" },
                  sender: { id: person, kind: "user" },
                  text: body,
                  mentions: [],
                  attachments: [],
                },
              },
            ],
            raw: `<xml><MsgId>${messageId}</MsgId><Content>${body}</Content></xml>`,
            nonce: {
              value: `${Math.floor(at / 1000)}.${digest.readUInt32BE(8)}${n}`,
              bodyHash: digest.toString("base64url"),
              until: at + dayMs,
            },
          });
        }),
      );
    }
  } finally {
    await store.close();
  }
}
