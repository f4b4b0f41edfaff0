// Answers everybody with their own words, in the answer to the callback. Run: node examples/echo.ts config.yaml
import { createHub } from "yizhan";

const hub = await createHub({ config: process.argv[2] ?? "config.yaml" });
hub.reply("yizhan.message.received", ({ data }) => `你说：${data.text}`);
hub.reply("yizhan.app.entered", ({ data }) => `欢迎，${data.person?.id}`);
await hub.start();
console.log(`listening on ${hub.url}`);
