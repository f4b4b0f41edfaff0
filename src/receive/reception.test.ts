import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import type { Event } from "../model/event.ts";
import type { CallbackRequest, ParsedEvent, Receiver } from "../platforms/receiving.ts";
import { refusal } from "../platforms/receiving.ts";
import { testClock } from "../testing/clock.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { ReceivingAccounts } from "./accounts.ts";
import { addressList } from "./addresses.ts";
import { type ArrivedEvent, type Forwarding, Reception } from "./reception.ts";
import { type Replier, Replies } from "./replies.ts";

const place = { tenant: "default", platform: "chatter", account: "main" };

describe("a callback that is verified", () => {
  it("is stored before it is answered, as an Event of the account", async () => {
    const { receive, store } = await setup();
    expect(await receive(said("m1", "hello"))).toEqual({ kind: "answer", answer: taken });
    const [stored] = await store.events("default", {}, { limit: 10 });
    expect(stored?.event).toMatchObject({
      specversion: "1.0",
      source: "/tenants/default/accounts/chatter/main",
      type: "yizhan.message.received",
      subject: "room",
      time: "1970-01-01T00:00:05.000Z",
      platform: "chatter",
      data: { messageId: "m1", text: "hello" },
    });
    expect(stored?.receivedAt).toBe(60_000);
  });

  it("keeps the platform's own body beside every Event that came in it", async () => {
    const { receive, store } = await setup();
    await receive(said("m0", "before"));
    await receive(said("m1", "one", { messageId: "m0" }));
    const events = await store.events("default", {}, { limit: 10 });
    const raws = await Promise.all(events.map(({ event }) => store.rawOf("default", event.id)));
    expect(raws).toEqual([
      said("m1", "one", { messageId: "m0" }),
      said("m1", "one", { messageId: "m0" }),
      said("m0", "before"),
    ]);
  });

  it("is told to listeners after the answer, and only once", async () => {
    const { receive, told } = await setup();
    await receive(said("m1", "hello"));
    await nextTurn();
    await receive(said("m1", "hello"));
    await nextTurn();
    expect(told.map(({ event }) => event.type)).toEqual(["yizhan.message.received"]);
  });

  it("that answers another message is an interaction with it, too", async () => {
    const { receive, store } = await setup();
    await receive(said("m2", "me too", { messageId: "m1" }));
    expect((await store.eventsOfMessage("default", "m1", 10)).map(({ event }) => event.data)).toEqual([
      { kind: "reply", messageId: "m1", person: { id: "u" }, chat: { id: "room", kind: "group" }, value: "me too" },
    ]);
  });
});

describe("a repeat", () => {
  it("is answered alike and stored once, one after another", async () => {
    const { receive, store, counted } = await setup();
    const answers = [await receive(said("m1", "hello")), await receive(said("m1", "hello"))];
    expect(answers[0]).toEqual(answers[1]);
    expect(await store.events("default", {}, { limit: 10 })).toHaveLength(1);
    expect(counted).toEqual(["received 1 fresh 0 repeated", "received 0 fresh 1 repeated"]);
  });

  it("is stored once when sixty-four come at the same moment", async () => {
    const { receive, store } = await setup();
    await Promise.all(Array.from({ length: 64 }, () => receive(said("m1", "hello"))));
    expect(await store.events("default", {}, { limit: 100 })).toHaveLength(1);
  });

  it("with the same nonce and the same body is a repeat, with another body a replay", async () => {
    const { receive, store, counted } = await setup();
    const first = said("m1", "hello", { nonce: "n" });
    expect(await receive(first)).toMatchObject({ kind: "answer" });
    expect(await receive(first)).toMatchObject({ kind: "answer" });
    expect(await receive(said("m2", "forged", { nonce: "n" }))).toEqual({ kind: "refused", reason: "replayed" });
    expect(await store.events("default", {}, { limit: 10 })).toHaveLength(1);
    expect(counted.at(-1)).toContain("refused main replayed");
  });
});

describe("the same happening, encrypted anew under the same nonce", () => {
  it("is a repeat: answered alike, stored once", async () => {
    const { receive, store } = await setup();
    await receive(said("m1", "hello", { nonce: "n" }));
    expect(await receive(`${said("m1", "hello", { nonce: "n" })} `)).toMatchObject({ kind: "answer" });
    expect(await store.events("default", {}, { limit: 10 })).toHaveLength(1);
  });
});

describe("two accounts of different platforms with one name", () => {
  it("keep their events and nonces apart", async () => {
    const { receive, store } = await setup();
    await receive(said("m1", "hello", { nonce: "n" }));
    const twin = { tenant: "default", platform: "other", account: "main", receivedAt: 1, raw: "" };
    const event = { id: "twin", type: "yizhan.app.other" as const, key: "m1", at: 1, data: {} };
    const nonce = { value: "n", bodyHash: "another body", until: 100_000 };
    expect(await store.arrive({ ...twin, events: [event], nonce })).toMatchObject({
      outcome: "stored",
      fresh: [{ id: "twin" }],
    });
  });
});

describe("a callback that is turned away", () => {
  it("stores nothing and is counted with advice for the operator", async () => {
    const { receive, store, counted } = await setup();
    expect(await receive("forged")).toEqual({ kind: "refused", reason: "signature" });
    expect(await store.events("default", {}, { limit: 10 })).toEqual([]);
    expect(counted).toEqual(["refused main signature: is the Token right?"]);
  });

  it("is one for an account that does not exist", async () => {
    const { reception, counted } = await setup();
    const elsewhere = { ...place, account: "other" };
    expect(await reception.receive(elsewhere, requestOf(said("m1", "x")), "127.0.0.1")).toEqual({
      kind: "unknown-account",
    });
    expect(counted).toEqual(["unknown other"]);
  });

  it("is one from an address that is not on the account's list", async () => {
    const { receive, store, counted } = await setup({ addresses: ["203.0.113.0/24"] });
    expect(await receive(said("m1", "x"), "203.0.113.9")).toMatchObject({ kind: "answer" });
    expect(await receive(said("m2", "x"), "198.51.100.1")).toEqual({ kind: "refused", reason: "forbidden" });
    expect(await store.events("default", {}, { limit: 10 })).toHaveLength(1);
    expect(counted.at(-1)).toContain("198.51.100.1 is not in this account's list");
  });
});

describe("a callback that somebody replies to", () => {
  const order: string[] = [];
  const replier = {
    find: ({ type }: { readonly type: string }) =>
      type === "yizhan.message.received"
        ? {
            tries: 1,
            async ask({ data }: Event) {
              order.push("asked");
              const { text } = data as Event<"yizhan.message.received">["data"];
              return text === "nothing" ? undefined : { text: `you said ${text}` };
            },
          }
        : undefined,
  };

  it("is answered with the reply, after the Event is stored", async () => {
    order.length = 0;
    const { receive, store } = await setup({ replier, onArrive: () => void order.push("stored") });
    const answer = { ...taken, body: "you said hello" };
    expect(await receive(said("m1", "hello"))).toEqual({ kind: "answer", answer });
    expect(order).toEqual(["stored", "asked"]);
    expect(await receive(said("m1", "hello"))).toEqual({ kind: "answer", answer });
    expect(await store.events("default", {}, { limit: 10 })).toHaveLength(1);
    expect(order).toEqual(["stored", "asked", "stored"]);
  });

  it("is answered as usual when nobody has something to say, or nothing would be shown", async () => {
    const { receive } = await setup({ replier });
    expect(await receive(said("m1", "nothing"))).toEqual({ kind: "answer", answer: taken });
    const nobody = { find: () => undefined };
    const other = await setup({ replier: nobody });
    expect(await other.receive(said("m1", "hello"))).toEqual({ kind: "answer", answer: taken });
  });

  it("asks nobody about a replay or a forgery", async () => {
    order.length = 0;
    const { receive } = await setup({ replier });
    await receive(said("m1", "hello", { nonce: "n" }));
    expect(await receive(said("m2", "forged", { nonce: "n" }))).toEqual({ kind: "refused", reason: "replayed" });
    expect(await receive("forged")).toEqual({ kind: "refused", reason: "signature" });
    expect(order).toEqual(["asked"]);
  });

  it("may go on growing: polls for it are answered, and nothing is stored of them", async () => {
    const { receive, store } = await setup({ replier });
    await receive(said("m1", "hello"));
    const [stored] = await store.events("default", {}, { limit: 10 });
    const poll = JSON.stringify({ id: "p1", text: "", poll: stored?.event.id });
    expect(await receive(poll)).toEqual({ kind: "answer", answer: { ...taken, body: "you said hello" } });
    expect(await receive(JSON.stringify({ id: "p2", text: "", poll: "unknown" }))).toMatchObject({ kind: "answer" });
    expect((await store.events("default", {}, { limit: 10 })).map(({ event }) => event.id)).toEqual(["id-1", "id-0"]);
  });
});

describe("an address check", () => {
  it("is answered as the platform wants and stores nothing", async () => {
    const { receive, store } = await setup();
    expect(await receive("check")).toEqual({ kind: "answer", answer: { ...taken, body: "echo" } });
    expect(await store.events("default", {}, { limit: 10 })).toEqual([]);
  });
});

describe("a callback that came through a relay", () => {
  const lane = { relay: "wework", receiver: "crm", chat: "room" };
  const forwarding: Forwarding = {
    answers: false,
    plan: (events, raw) => ({
      relay: "wework",
      key: events.map(({ key }) => key).join(),
      chat: events[0]?.subject ?? "",
      request: { method: "POST", path: "", query: undefined, headers: [], body: Buffer.from(raw) },
      to: [{ id: "f1", receiver: "crm" }],
    }),
  };

  it("is stored together with what is planned for it, knowing all its Events", async () => {
    const { reception, store } = await setup();
    await reception.receive(place, requestOf(said("m2", "hi", { messageId: "m1" })), "127.0.0.1", forwarding);
    expect(await store.forwards.next("default", lane)).toMatchObject({ id: "f1", key: "m2,reply:m2" });
    expect(await store.events("default", {}, { limit: 10 })).toHaveLength(2);
  });

  it("is not planned for when it is no callback of the account", async () => {
    const { reception, store } = await setup();
    const plan = () => {
      throw new Error("nothing to plan");
    };
    const refused = await reception.receive(place, requestOf("forged"), "127.0.0.1", { ...forwarding, plan });
    expect(refused).toMatchObject({ kind: "refused", reason: "signature" });
    expect(await store.forwards.next("default", lane)).toBeUndefined();
  });
});

describe("a store that cannot take it", () => {
  it("has the platform come again: nothing is answered", async () => {
    const { receive, store } = await setup();
    await store.close();
    await expect(receive(said("m1", "hello"))).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });
});

const taken = { status: 200, contentType: "text/plain", body: "success" };

function said(id: string, text: string, more: { nonce?: string; messageId?: string } = {}): string {
  return JSON.stringify({ id, text, ...more });
}

function requestOf(body: string): CallbackRequest {
  return { method: "POST", query: new URLSearchParams(), headers: {}, body: Buffer.from(body) };
}

const chatter: Receiver = {
  account: z.unknown(),
  receive({ body }) {
    const raw = Buffer.from(body).toString();
    if (raw === "check") return { kind: "answered", answer: { ...taken, body: "echo" } };
    if (raw === "forged") return refusal("signature", "is the Token right?");
    const { id, text, nonce, messageId, poll } = JSON.parse(raw);
    const event: ParsedEvent = {
      type: "yizhan.message.received",
      subject: "room",
      at: 5_000,
      key: id,
      data: {
        messageId: id,
        kind: "text",
        chat: { id: "room", kind: "group" },
        sender: { id: "u" },
        text,
        mentions: [],
        attachments: [],
        replyTo: messageId,
      },
    };
    return { kind: "events", events: [event], answer: taken, raw, nonce, poll };
  },
  way: () => ({
    rules: {
      takes: [["text"], ["stream"]],
      withinMs: 4_000,
      tries: 3,
      tryMs: 5_000,
      stream: { bytes: 99, forMs: 9_000 },
    },
    answer: ({ stream }) => ({ ...taken, body: stream?.content ?? "" }),
  }),
};

interface SetupOptions {
  readonly addresses?: string[];
  readonly replier?: Replier;
  readonly onArrive?: () => void;
}

async function setup(options: SetupOptions = {}) {
  const world = await sqliteWorld();
  onTestFinished(() => world.remove());
  const { store } = world;
  const told: ArrivedEvent[] = [];
  const counted: string[] = [];
  let ids = 0;
  const accounts = new ReceivingAccounts([
    {
      tenant: "default",
      platform: "chatter",
      name: "main",
      receiver: chatter,
      settings: {},
      ...(options.addresses ? { addresses: addressList(options.addresses) } : {}),
    },
  ]);
  const clock = testClock(60_000);
  const { replier } = options;
  const replies = replier && new Replies({ replier, store, clock, observer: { replied: () => {} } });
  onTestFinished(() => replies?.stop());
  const reception = new Reception({
    store: {
      async arrive(arrival) {
        const arrived = await store.arrive(arrival);
        options.onArrive?.();
        return arrived;
      },
    },
    accounts: () => accounts,
    observer: {
      received: (_platform, fresh, repeated) => counted.push(`received ${fresh} fresh ${repeated} repeated`),
      refused: ({ name }, reason, advice) => counted.push(`refused ${name} ${reason}: ${advice}`),
      unknownAccount: ({ account }) => counted.push(`unknown ${account}`),
    },
    now: () => 60_000,
    newId: () => `id-${ids++}`,
    onStored: (arrived) => told.push(...arrived),
    replies,
  });
  const receive = (body: string, remote = "127.0.0.1") => reception.receive(place, requestOf(body), remote);
  return { reception, receive, store, told, counted };
}
