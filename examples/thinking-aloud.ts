// An intelligent robot whose words appear as they come. Run: node examples/thinking-aloud.ts config.yaml
import { setTimeout } from "node:timers/promises";
import { createHub } from "yizhan";

const hub = await createHub({ config: process.argv[2] ?? "config.yaml" });
hub.reply("yizhan.message.received", async function* ({ data }, { signal }) {
  for (const word of data.text.split(" ")) {
    yield `${word} `;
    await setTimeout(300, undefined, { signal });
  }
});
await hub.start();
console.log(`listening on ${hub.url}`);
