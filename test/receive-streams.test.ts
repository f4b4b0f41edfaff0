import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Event } from "../src/model/event.ts";
import type { HappeningInput } from "../src/sandbox/callers/happening.ts";
import type { Sandbox, SandboxOptions } from "../src/sandbox/server.ts";
import type { StreamApp } from "../src/sandbox/streams/happenings.ts";
import type { Timer } from "../src/sandbox/timer.ts";
import { ask } from "./ask.ts";
import { randomFrom } from "./crash/random.ts";
import { type Hub, type World, world } from "./hub.ts";
import { eventsOf } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";
import { run } from "./yizhan.ts";

const kills = Number(process.env.YIZHAN_STREAM_KILLS ?? 8);
const seed = Number(process.env.YIZHAN_CRASH_SEED ?? Date.now() % 1_000_000);

/** Each app under the name that the sandbox knows it by. */
const apps = { feishu: "cli_0123456789abcdef", dingtalk: "dingstream", "wecom-bot": "aib-stream" } as const;
type App = keyof typeof apps;
const names = Object.keys(apps) as App[];

const secrets = {
  feishu: "feishu-app-secret-of-the-stream",
  dingtalk: "dingtalk-client-secret-of-the-stream",
  "wecom-bot": "wecom-bot-secret-of-the-stream",
};

const received = "yizhan.message.received";
const interaction = "yizhan.message.interaction";
const status = "yizhan.message.status";
const say = (text: string) => ({ event: "message", person: "zhangsan", text }) as const;

const cases: readonly { app: App; happening: HappeningInput; type: string; data: object }[] = [
  { app: "feishu", happening: { ...say("hi"), chat: "oc_1" }, type: received, data: { chat: { id: "oc_1" } } },
  {
    app: "feishu",
    happening: { event: "click", person: "ou_lisi", chat: "oc_1", message: "om_1", key: "yes" },
    type: interaction,
    data: { kind: "click", messageId: "om_1", person: { id: "ou_lisi" } },
  },
  {
    app: "feishu",
    happening: { event: "read", person: "ou_lisi", messages: ["om_1"] },
    type: status,
    data: { messageId: "om_1", state: "read" },
  },
  {
    app: "feishu",
    happening: { event: "join", people: ["ou_lisi"], chat: "oc_1" },
    type: "yizhan.member.joined",
    data: { people: [{ id: "ou_lisi" }] },
  },
  { app: "dingtalk", happening: { ...say("hi"), chat: "cid1" }, type: received, data: { text: "hi" } },
  {
    app: "dingtalk",
    happening: { event: "click", person: "lisi", message: "track-1", key: "agree" },
    type: interaction,
    data: { kind: "click", messageId: "track-1", key: "agree" },
  },
  {
    app: "dingtalk",
    happening: { event: "read", person: "lisi", messages: ["key-1"] },
    type: status,
    data: { messageId: "key-1", state: "read", person: { id: "lisi" } },
  },
  {
    app: "dingtalk",
    happening: { event: "leave", people: ["lisi"], chat: "cid1" },
    type: "yizhan.member.left",
    data: { people: [{ id: "lisi" }] },
  },
  { app: "wecom-bot", happening: { ...say("hi"), chat: "g1" }, type: received, data: { chat: { kind: "group" } } },
  {
    app: "wecom-bot",
    happening: { event: "click", person: "lisi", message: "task-1", key: "yes" },
    type: interaction,
    data: { kind: "click", messageId: "task-1" },
  },
  { app: "wecom-bot", happening: { event: "enter", person: "lisi" }, type: "yizhan.app.entered", data: {} },
];

describe("long connections to Feishu, DingTalk and a WeCom robot", () => {
  it("bring what is told over them, each an Event once, and are acknowledged", async () => {
    const { hub, sandbox } = await streaming();
    for (const { app, happening } of cases) {
      const { outcome, attempts } = await tell(sandbox, app, happening);
      expect([app, happening, outcome, attempts]).toEqual([app, happening, outcomeOf[app], 1]);
    }
    const stored = await until(
      async () => {
        const events = await eventsOf(hub);
        return events.length >= cases.length && events;
      },
      { what: "every Event" },
    );
    for (const app of names) {
      const mine = cases.filter((each) => each.app === app);
      expect(stored.filter(({ account }) => account === app)).toMatchObject(
        mine.map(({ type, data }) => ({ type, data })),
      );
    }
    expect(stored).toHaveLength(cases.length);
  });

  it("are shown by the status, and give the doctor nothing to say", async () => {
    const { hub, folder } = await streaming();
    expect(await connectionsOf(hub)).toEqual({ feishu: "connected", dingtalk: "connected", "wecom-bot": "connected" });
    expect(await run(["doctor", "--url", hub.url], { cwd: folder })).toMatchObject({ code: 0 });
    const printed = hub.process.stdout + hub.process.stderr;
    for (const secret of Object.values(secrets)) expect(printed).not.toContain(secret);
  });

  it("are opened again when they break, and bring what was told meanwhile", async () => {
    const { hub, sandbox } = await streaming({ timer: impatient });
    for (const app of names) {
      const { text } = await ask(sandbox.url, "DELETE", `/sandbox/streams/${app}/${apps[app]}`);
      expect(JSON.parse(text)).toEqual({ broken: 1 });
    }
    const told = (["feishu", "dingtalk"] as const).map((platform) =>
      sandbox.happenings.tell({ platform, app: apps[platform] }, say(`to ${platform}`)),
    );
    await connected(hub);
    await Promise.all(told.map(({ done }) => done));
    expect(told.map((each) => each.report().outcome)).toEqual(["acknowledged", "acknowledged"]);
    expect((await tell(sandbox, "wecom-bot", say("to the robot"))).outcome).toBe("sent");
    await until(async () => (await eventsOf(hub)).length === 3, { what: "all three" });
  });

  it("tell of wrong credentials in words, without repeating them", async () => {
    const made = await streamWorld();
    for (const app of names) await ask(made.sandbox.url, "PUT", pathOf(app), { json: { secret: "another" } });
    const hub = await made.start();
    await until(async () => Object.values(await connectionsOf(hub)).every((each) => each?.startsWith("waiting: ")), {
      what: "three refusals",
    });
    const { code, stdout } = await run(["doctor", "--url", hub.url], { cwd: made.folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^! feishu feishu: its long connection is waiting: .*app_secret/m);
    expect(stdout).toMatch(/^! dingtalk dingtalk: its long connection is waiting: .*client_secret/m);
    expect(stdout).toMatch(/^! wecom wecom-bot: its long connection is waiting: /m);
    const printed = stdout + hub.process.stdout + hub.process.stderr;
    for (const secret of Object.values(secrets)) expect(printed).not.toContain(secret);
  });
});

describe(`a hub that is killed ${kills} times while platforms tell over long connections (seed ${seed})`, () => {
  it("has stored what it acknowledged, and each once", { timeout: 300_000 }, async () => {
    const random = randomFrom(seed);
    const made = await streamWorld({ timer: impatient });
    const tellers = (["feishu", "dingtalk"] as const).flatMap((app) => [1, 2].map((nth) => new Teller(made, app, nth)));
    const acknowledged = () => tellers.flatMap((teller) => teller.acknowledged);
    let hub = await made.start();
    for (let count = 0; count < kills; count++) {
      const before = acknowledged().length;
      await until(() => acknowledged().length >= before + 8, { what: "acknowledgements", deadlineMs: 30_000 });
      await pause(random() * 20);
      await hub.kill();
      hub = await made.start();
    }
    await Promise.all(tellers.map((teller) => teller.stop()));
    const stored = (await eventsOf(hub)).map(textOf);
    const begun = tellers.flatMap((teller) => teller.begun);
    const repeats = tellers.reduce((sum, teller) => sum + teller.repeats, 0);
    process.stdout.write(`${kills} kills, ${acknowledged().length} acknowledged, ${repeats} told again\n`);
    expect(repeats, "told again, as the hub did not answer").toBeGreaterThan(0);
    expect(
      acknowledged().filter((text) => !stored.includes(text)),
      "acknowledged and lost",
    ).toEqual([]);
    expect(
      stored.filter((text, at) => stored.indexOf(text) !== at),
      "stored twice",
    ).toEqual([]);
    expect(
      stored.filter((text) => !begun.includes(text)),
      "that nobody said",
    ).toEqual([]);
  });
});

/** Says one thing after the other, each told until it is acknowledged or given up as the platform does. */
class Teller {
  readonly begun: string[] = [];
  readonly acknowledged: string[] = [];
  repeats = 0;
  readonly #running: Promise<void>;
  #stopping = false;

  constructor({ sandbox }: World, platform: "feishu" | "dingtalk", nth: number) {
    this.#running = this.#run(sandbox, { platform, app: apps[platform] }, `${platform} ${nth}`);
    this.#running.catch(() => {});
  }

  /** Ends with what is being told. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#running;
  }

  async #run({ happenings }: Sandbox, to: StreamApp, name: string): Promise<void> {
    for (let count = 0; !this.#stopping; count++) {
      const text = `${name} ${count}`;
      this.begun.push(text);
      const telling = happenings.tell(to, say(text));
      await telling.done;
      const { outcome, attempts } = telling.report();
      if (outcome === "acknowledged") this.acknowledged.push(text);
      this.repeats += attempts - 1;
    }
  }
}

/** Platforms that wait half a second wherever they wait: for an acknowledgement, and before they try again. */
const impatient: Timer = {
  now: Date.now,
  at(_at, callback) {
    const timer = setTimeout(callback, 500);
    return () => clearTimeout(timer);
  },
};

function textOf({ data }: Event): string {
  return "text" in data && typeof data.text === "string" ? data.text : "";
}

const outcomeOf: Readonly<Record<App, string>> = {
  feishu: "acknowledged",
  dingtalk: "acknowledged",
  "wecom-bot": "sent",
};

interface Told {
  readonly outcome: string;
  readonly attempts: number;
}

/** Has somebody act over the sandbox's control API. */
async function tell({ url }: Sandbox, app: App, happening: HappeningInput): Promise<Told> {
  const { status: answered, text } = await ask(url, "POST", `/sandbox/streams/${app}/${apps[app]}`, {
    json: happening,
  });
  if (answered !== 200) throw new Error(`the sandbox answered ${answered}: ${text}`);
  return (JSON.parse(text) as { told: Told }).told;
}

/** A world whose accounts all listen; nothing calls the hub. */
async function streamWorld(options: SandboxOptions = {}): Promise<World> {
  const made = await world({}, options);
  const { url } = made.sandbox;
  const stream = { connection: "stream" };
  made.configure({
    accounts: {
      feishu: { platform: "feishu", app_id: apps.feishu, app_secret: secrets.feishu, base_url: url, ...stream },
      dingtalk: {
        platform: "dingtalk",
        client_id: apps.dingtalk,
        client_secret: secrets.dingtalk,
        base_url: url,
        ...stream,
      },
      "wecom-bot": {
        platform: "wecom",
        kind: "bot",
        bot_id: apps["wecom-bot"],
        secret: secrets["wecom-bot"],
        stream_url: `${url.replace("http", "ws")}/wecom/ws`,
        ...stream,
      },
    },
  });
  for (const app of names) await ask(url, "PUT", pathOf(app), { json: { secret: secrets[app] } });
  return made;
}

function pathOf(app: App): string {
  return `/sandbox/apps/${app}/${apps[app]}`;
}

async function streaming(options: SandboxOptions = {}): Promise<World & { readonly hub: Hub }> {
  const made = await streamWorld(options);
  const hub = await made.start();
  await connected(hub);
  return { ...made, hub };
}

async function connected(hub: Hub, wanted: readonly App[] = names): Promise<void> {
  await until(
    async () => {
      const connections = await connectionsOf(hub);
      return wanted.every((app) => connections[app] === "connected");
    },
    { what: `connections of ${wanted.join(", ")}`, deadlineMs: 20_000 },
  );
}

async function connectionsOf(hub: Hub): Promise<Record<string, string | null>> {
  const { body } = await hub.ask<{ accounts: { name: string; health: { connection: string | null } }[] }>(
    "GET",
    "/api/v1/status",
  );
  return Object.fromEntries(body.data.accounts.map(({ name, health }) => [name, health.connection]));
}
