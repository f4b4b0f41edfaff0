import { onTestFinished } from "vitest";
import type { Forward } from "../model/forward.ts";
import { type TestClock, testClock } from "../testing/clock.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { testLanes } from "../testing/test-lanes.ts";
import { DurableRelay } from "./durable-relay.ts";
import { type FailureCause, RelayFailure } from "./failure.ts";
import { ForwardAnswers } from "./forward-answers.ts";
import { laneName, receiverOfLane } from "./forward-lane.ts";
import type { ForwardReceiver } from "./forward-receiver.ts";
import type { ForwardSealing } from "./forward-sealing.ts";
import { Forwarder } from "./forwarder.ts";
import type { OutgoingRequest, Target } from "./target.ts";

/** What a scripted receiver does with a callback. */
export type Said =
  | number
  | { readonly status: number; readonly headers?: readonly string[]; readonly body?: string }
  | FailureCause;

export interface GivenReceiver {
  readonly name: string;
  /** Called at each attempt; a promise keeps it under way. */
  readonly say: (request: OutgoingRequest, attempt: number) => Said | Promise<Said>;
  readonly types?: readonly string[];
  readonly answers?: boolean;
  readonly sealing?: ForwardSealing;
  readonly path?: string;
}

export interface ForwardWorld {
  readonly clock: TestClock;
  readonly store: Store;
  /** What each receiver was sent, in order: `name chat/n #attempt`. */
  readonly sent: readonly string[];
  readonly requests: readonly OutgoingRequest[];
  readonly told: readonly string[];
  readonly forwarder: Forwarder;
  /** The platform calls with its n-th callback of a chat; what it is answered with. */
  call(chat: string, n: number, type?: string): Promise<string>;
  /** How it stands with the n-th callback of a chat. */
  state(chat: string, n: number, receiver?: string): Promise<string>;
  /** As after a crash: everything in memory is gone, and what waits is woken. */
  restart(): Promise<void>;
  wakeAll(): Promise<void>;
  /** Does the store refuse to record anything? */
  isFull: boolean;
  /** Are the receivers in the configuration? */
  configured: boolean;
  /** Forgets what was sent so far. */
  clear(): void;
}

const tenant = "default";

const full = new Error("the disk is full");

type Store = Awaited<ReturnType<typeof sqliteWorld>>["store"];

/** A durable relay over a real store and the real queue, on time that a test moves. */
export async function forwardWorld(given: readonly GivenReceiver[], refusals = 3): Promise<ForwardWorld> {
  const stored = await sqliteWorld();
  onTestFinished(() => stored.remove());
  const clock = testClock();
  const sent: string[] = [];
  const requests: OutgoingRequest[] = [];
  const told: string[] = [];
  let made = 0;
  const receivers = given.map(({ name, say, answers = false, sealing, path }): ForwardReceiver => {
    const target = scripted(say, (request) => {
      requests.push(request);
      sent.push(`${name} ${Buffer.from(request.body as Uint8Array)} #${headerOf(request, "X-Yizhan-Attempt")}`);
    });
    const limits = { answerMs: 30_000, idleMs: 30_000 };
    return { relay: "wework", name, target, path, limits, sealing, answers, refusals };
  });
  const build = (store: Store) => {
    const answers = new ForwardAnswers(clock);
    const lanes = testLanes(
      clock,
      (lane) => forwarder.drain(lane),
      receiverOfLane,
      (error) => error === full,
    );
    const forwarder: Forwarder = new Forwarder({
      tenant,
      store: {
        next: (...asked) => store.forwards.next(...asked),
        release: (...asked) => store.forwards.release(...asked),
        record: async (step) => {
          if (world.isFull) throw full;
          await store.forwards.record(step);
        },
      },
      receiver: (relay, name) =>
        (world.configured ? receivers : []).find((one) => one.relay === relay && one.name === name),
      answers,
      wake: lanes.wake,
      clock,
      random: () => 0,
      observer: {
        attempted: () => {},
        told: (to, what, detail) => told.push(`${to.name} ${what}: ${detail}`),
      },
    });
    const relay = new DurableRelay({
      name: "wework",
      account: { platform: "chatter", name: "main" },
      receivers: given.map(({ name, types = [], answers: asked = false, sealing }) => {
        return { name, types, answers: asked, seal: sealing && {} };
      }),
      answers,
      answerWithinMs: 4_000,
      wake: (lane) => lanes.wake(lane, clock.now()),
      newId: () => `f${++made}`,
      async take(account, { request }, plan) {
        const { chat, n, type } = JSON.parse(String(request.query));
        const key = `${chat}/${n}`;
        const forwards = plan({ events: [{ type, subject: chat, key }], raw: key });
        const event = { id: `e${++made}`, type, subject: chat, key, at: clock.now(), data: {} };
        await store.arrive({
          tenant,
          account: account.name,
          platform: account.platform,
          receivedAt: clock.now(),
          events: [event],
          raw: key,
          forwards,
        });
        return { kind: "answer", answer: { status: 200, contentType: "text/plain", body: "usual" } };
      },
    });
    const wakeAll = async () => {
      for (const lane of await store.forwards.lanes(tenant)) lanes.wake(laneName(lane), lane.dueAt);
    };
    return { store, forwarder, relay, wakeAll };
  };
  let now = build(stored.store);
  const find = async (chat: string, n: number, receiver?: string): Promise<Forward | undefined> => {
    const all = await now.store.forwards.page(tenant, { relay: "wework", receiver }, { limit: 10_000 });
    const ofChat = all.filter((one) => one.chat === chat).sort((a, b) => a.seq - b.seq);
    return ofChat[n - 1];
  };
  const world: ForwardWorld = {
    configured: true,
    isFull: false,
    clear() {
      sent.length = 0;
    },
    clock,
    get store() {
      return now.store;
    },
    sent,
    requests,
    told,
    get forwarder() {
      return now.forwarder;
    },
    async call(chat, n, type = "yizhan.message.received") {
      const body = Buffer.from(`${chat}/${n}`);
      const query = JSON.stringify({ chat, n, type });
      const request = { method: "POST", path: "/in", query, headers: ["Content-Type", "text/plain"], body };
      const outcome = await now.relay.take({ request, headers: {}, remote: "192.0.2.1" });
      return outcome.kind === "answer" ? String(Buffer.from(outcome.answer.body as Uint8Array)) : outcome.reason;
    },
    async state(chat, n, receiver) {
      return (await find(chat, n, receiver))?.state ?? "nothing";
    },
    async restart() {
      now.forwarder.stop();
      now = build(await stored.reopen());
      await now.wakeAll();
    },
    wakeAll: () => now.wakeAll(),
  };
  return world;
}

export function headerOf({ headers }: OutgoingRequest, name: string): string | undefined {
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name.toLowerCase());
  return at < 0 ? undefined : headers[at + 1];
}

function scripted(say: GivenReceiver["say"], note: (request: OutgoingRequest) => void): Pick<Target, "send"> {
  return {
    send(request, sink) {
      note(request);
      void Promise.resolve(say(request, Number(headerOf(request, "X-Yizhan-Attempt")))).then((said) => {
        if (typeof said === "string") return sink.onFailure(new RelayFailure(said, "scripted", { sent: true }));
        const { status, headers = [], body = "" } = typeof said === "number" ? { status: said } : said;
        sink.onHead(status, "", headers);
        sink.onData(Buffer.from(body));
        sink.onEnd();
      });
      return { resume() {}, abort() {} };
    },
  };
}
