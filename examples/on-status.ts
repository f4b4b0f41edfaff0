// What became of each message, as the platforms tell it. Run: node examples/on-status.ts config.yaml
import { createHub } from "yizhan";

const hub = await createHub({ config: process.argv[2] ?? "config.yaml" });
hub.on(
  "yizhan.message.status",
  ({ data, platform }) => {
    console.log(`${platform}: message ${data.messageId} is ${data.state}${data.reason ? ` (${data.reason})` : ""}`);
  },
  { name: "print-status" },
);
await hub.start();
console.log(`listening on ${hub.url}`);
