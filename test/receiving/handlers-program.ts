// A program with a hub inside, and three handlers: one that counts, one that cannot do with "boom" until SIGUSR1, one
// for everything until SIGUSR2.
import { setTimeout as pause } from "node:timers/promises";
import { createHub } from "yizhan";

const hub = await createHub({ config: "config.yaml" });
hub.on("yizhan.message.received", ({ data }) => console.log(`counted ${data.text};`), { name: "counts" });
let able = false;
process.once("SIGUSR1", () => {
  able = true;
});
hub.on(
  "yizhan.message.received",
  async ({ data }) => {
    await pause(5);
    if (data.text === "boom" && !able) throw new Error("cannot do with boom");
    console.log(`done with ${data.text};`);
  },
  { name: "fails" },
);
const off = hub.on("*", ({ type }) => console.log(`heard ${type};`));
process.once("SIGUSR2", () => {
  off();
  console.log("no longer hears;");
});
await hub.start();
console.log(`listens on ${hub.url}`);
