// Passes every signed webhook on to people. Run: node examples/custom-handler.ts config.yaml ops_alert
import { createHub } from "yizhan";

const [config = "config.yaml", recipient = "ops_alert"] = process.argv.slice(2);
const hub = await createHub({ config });
hub.on(
  "yizhan.webhook.received",
  async ({ id, data }) => {
    const { title = "Webhook", body = JSON.stringify(data.json) } = data;
    const pushed = await hub.push({ recipient, title, body, idempotencyKey: id });
    console.log(`${title}: ${pushed.outcome}`);
  },
  { name: "webhooks-to-people" },
);
await hub.start();
console.log(`listening on ${hub.url}`);
