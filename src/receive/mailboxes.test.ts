import { describe, expect, it, onTestFinished } from "vitest";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { type Mailbox, Mailboxes, type WatchPorts } from "./mailboxes.ts";

const box = (name: string, password = "p"): Mailbox => ({ tenant: "default", name, settings: { password } });

describe("a mailbox", () => {
  it("is watched from where it was left, over a restart", async () => {
    const { mailboxes, ports, store, again } = await setup();
    await mailboxes.configure([box("ops")]);
    expect(await ports.get("ops")?.state.load()).toBeUndefined();
    await ports.get("ops")?.state.save({ uidValidity: "1", lastUid: 7 });
    await mailboxes.stop();
    const restarted = again(store);
    await restarted.mailboxes.configure([box("ops")]);
    expect(await restarted.ports.get("ops")?.state.load()).toEqual({ uidValidity: "1", lastUid: 7 });
  });

  it("counts a mail as read only when its events are stored", async () => {
    const { mailboxes, ports, received } = await setup();
    await mailboxes.configure([box("ops")]);
    received.fail = true;
    await expect(ports.get("ops")?.onMail({ events: [], raw: Buffer.from("x") })).rejects.toThrow("disk full");
    received.fail = false;
    await ports.get("ops")?.onMail({ events: [], raw: Buffer.alloc(300 * 1024, "a") });
    expect(received.mails).toEqual([["ops", 256 * 1024]]);
  });

  it("that was not changed is left alone by a new configuration; others are ended and begun", async () => {
    const { mailboxes, log } = await setup();
    await mailboxes.configure([box("a"), box("b"), box("c")]);
    await mailboxes.configure([box("a"), box("b", "changed"), box("d")]);
    expect(log).toEqual(["start a", "start b", "start c", "stop b", "stop c", "start b", "start d"]);
  });

  it("says how it is", async () => {
    const { mailboxes, ports } = await setup();
    await mailboxes.configure([box("ops")]);
    expect(mailboxes.health("ops")).toBe("connecting");
    ports.get("ops")?.onHealth("watching");
    expect(mailboxes.health("ops")).toBe("watching");
    expect(mailboxes.health("none")).toBeUndefined();
  });
});

async function setup() {
  const world = await sqliteWorld();
  onTestFinished(() => world.remove());
  const again = (store: typeof world.store) => {
    const ports = new Map<string, WatchPorts>();
    const log: string[] = [];
    const received: { fail: boolean; mails: [string, number][] } = { fail: false, mails: [] };
    const names: string[] = [];
    const mailboxes = new Mailboxes({
      store,
      async watch(given) {
        const name = names.shift() ?? "";
        log.push(`start ${name}`);
        ports.set(name, given);
        return {
          async stop() {
            log.push(`stop ${name}`);
          },
        };
      },
      async onEvents({ name }, _events, raw) {
        if (received.fail) throw new Error("disk full");
        received.mails.push([name, raw.length]);
      },
    });
    // The watcher is told settings and no name, as in life; the test remembers whom it was called for.
    const configure = mailboxes.configure.bind(mailboxes);
    const running = new Map<string, string>();
    mailboxes.configure = async (wanted) => {
      for (const { name, settings } of wanted) {
        if (running.get(name) !== JSON.stringify(settings)) names.push(name);
        running.set(name, JSON.stringify(settings));
      }
      await configure(wanted);
    };
    return { mailboxes, ports, log, received, store, again };
  };
  return again(world.store);
}
