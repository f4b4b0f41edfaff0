import { describe, expect, it, onTestFinished } from "vitest";
import type { Event, EventType } from "../model/event.ts";
import { ReplyRefused } from "../model/reply.ts";
import { scriptedServer } from "../testing/scripted-server.ts";
import { askRemote } from "./remote-replier.ts";
import { type RemoteReplier, Repliers } from "./repliers.ts";
import { replyIn } from "./reply-shape.ts";
import { createWebhookClient } from "./webhook-client.ts";
import { signedHeaders } from "./webhook-signature.ts";

const signal = new AbortController().signal;
const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const nowMs = 1_700_000_000_000;

describe("code that replies", () => {
  it("is asked about its type and accounts, and nobody else's", async () => {
    const repliers = setup();
    repliers.on("yizhan.message.received", ({ data }) => `heard: ${data.text}`, { accounts: ["wecom/office", "home"] });
    expect(await asked(repliers, eventOf("wecom", "office"))).toEqual({ text: "heard: hello" });
    expect(await asked(repliers, eventOf("feishu", "home"))).toEqual({ text: "heard: hello" });
    expect(repliers.find(eventOf("wecom", "other"))).toBeUndefined();
    expect(repliers.find(eventOf("wecom", "office", "yizhan.app.entered"))).toBeUndefined();
    expect(repliers.find({ ...eventOf("wecom", "office"), tenant: "guest" })).toBeUndefined();
  });

  it("is asked in the order it was registered, until one has something to say, before other programs", async () => {
    const order: string[] = [];
    const repliers = setup(async () => {
      order.push("remote");
      return { text: "remote" };
    });
    repliers.configure([remote("https://r.example")]);
    repliers.on("*", () => void order.push("first"));
    const off = repliers.on("*", async () => `second ${order.push("second")}`);
    expect(await asked(repliers, eventOf())).toEqual({ text: "second 2" });
    off();
    expect(await asked(repliers, eventOf())).toEqual({ text: "remote" });
    expect(order).toEqual(["first", "second", "first", "remote"]);
  });

  it("has as many tries as the most patient of those who are asked", () => {
    const repliers = setup();
    repliers.on("*", () => undefined);
    expect(repliers.find(eventOf())?.tries).toBe(1);
    repliers.on("*", () => undefined, { tries: 3 });
    expect(repliers.find(eventOf())?.tries).toBe(3);
  });

  it("cannot wait for what never happens", () => {
    expect(() => setup().on("yizhan.message.sent" as EventType, () => "x")).toThrow(
      /^there is no event type "yizhan.message.sent"; expected "\*" or one of/,
    );
    expect(() => setup().on("*", () => "x", { tries: 4 })).toThrow(new TypeError("found tries: 4, expected 1, 2 or 3"));
  });

  it("is counted, with what it failed on last", async () => {
    const repliers = setup();
    repliers.on("*", () => {
      throw new Error("no model");
    });
    await expect(asked(repliers, eventOf())).rejects.toThrow("no model");
    repliers.configure([remote("https://r.example/reply?key=topsecret")]);
    expect(repliers.reports()).toMatchObject([
      { type: "*", url: undefined, calls: 1, failures: 1, lastError: { at: nowMs, message: "no model" } },
      { type: "*", url: "https://r.example/reply", calls: 0, failures: 0 },
    ]);
  });
});

describe("what a replier gives", () => {
  it("may be words, words as they come, parts, or nothing", () => {
    const stream = (async function* () {
      yield "a";
    })();
    expect(replyIn("hello")).toEqual({ text: "hello" });
    expect(replyIn(stream)).toEqual({ stream });
    expect(replyIn({ stream, card: { a: 1 } })).toEqual({ stream, card: { a: 1 } });
    expect(replyIn({ toast: { text: "ok" } })).toEqual({ toast: { text: "ok" } });
    expect([replyIn(undefined), replyIn(null), replyIn("")]).toEqual([undefined, undefined, undefined]);
  });

  it.each<[unknown, string]>([
    [7, "a reply is text, an object or an async iterable of text; found number"],
    [["hello"], "a reply is text, an object or an async iterable of text; found a list"],
    [{ txt: "topsecret" }, "the reply has txt, and knows only text, markdown, image"],
    [{ text: 7 }, "the reply's text is wrong: "],
    [{ toast: { text: "ok", kind: "loud" } }, "the reply's toast.kind is wrong: "],
    [{ articles: [] }, "the reply's articles is wrong: "],
    [{ stream: ["topsecret"] }, "stream must be an async iterable of text; found a list"],
  ])("is refused where it is something else, without its value: %j", (given, says) => {
    const refused = expect(() => replyIn(given));
    refused.toThrow(ReplyRefused);
    refused.toThrow(says);
    expect(() => replyIn(given)).not.toThrow("topsecret");
  });
});

describe("another program that replies", () => {
  it("is posted the Event, signed, and answers with the reply in JSON", async () => {
    const { url, server, ask } = await program(() => ({ status: 200, body: '{"text":"hello"}' }));
    expect(await ask()).toEqual({ text: "hello" });
    const [request] = server.requests;
    const body = JSON.stringify(eventOf());
    expect(request).toMatchObject({
      method: "POST",
      body,
      headers: signedHeaders("event-1", nowMs, body, [{ secret }]),
    });
    expect(request?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(url).toContain("127.0.0.1");
  });

  it("has nothing to say with 204", async () => {
    const { ask } = await program(() => ({ status: 204, body: "" }));
    expect(await ask()).toBeUndefined();
  });

  it.each([
    [{ status: 500, body: "" }, "the replier answered HTTP 500, expected 200 or 204"],
    [
      { status: 302, body: "", headers: { location: "http://e/" } },
      "the replier answered HTTP 302, expected 200 or 204",
    ],
    [{ status: 200, body: "hello" }, "the replier answered 200 with what is no JSON object"],
    [{ status: 200, body: '"hello"' }, "the replier answered 200 with what is no JSON object"],
    [{ status: 200, body: `{"text":"${"a".repeat(65_536)}"}` }, "the replier: it answered over 65536 bytes"],
  ])("that answers otherwise has failed: %j", async (answer, says) => {
    const { ask, url } = await program(() => answer);
    const failed = ask();
    await expect(failed).rejects.toThrow(says);
    await expect(failed).rejects.not.toThrow(url);
  });

  it("is no longer waited for when the time is up", async () => {
    const arrived = Promise.withResolvers<void>();
    const { ask } = await program(() => {
      arrived.resolve();
      return "stall";
    });
    const late = new AbortController();
    const failed = expect(ask(late.signal)).rejects.toThrow("the replier: no answer in time");
    await arrived.promise;
    late.abort();
    await failed;
  });

  it("is not in the hub's own network, unless that is allowed", async () => {
    const { ask, server } = await program(() => ({ status: 204, body: "" }), false);
    await expect(ask()).rejects.toThrow("an address of the hub's own network");
    expect(server.requests).toEqual([]);
  });
});

function setup(askOther: () => Promise<unknown> = async () => undefined): Repliers {
  return new Repliers({ tenant: "default", now: () => nowMs, askRemote: askOther });
}

function asked(repliers: Repliers, event: Event) {
  return repliers.find(event)?.ask(event, signal);
}

function remote(url: string): RemoteReplier {
  return { url, secret, types: [], tries: 1 };
}

async function program(answer: Parameters<typeof scriptedServer>[0], allowPrivate = true) {
  const server = await scriptedServer(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const client = createWebhookClient({ allowPrivate, timeoutMs: 10_000 });
  onTestFinished(() => client.close());
  const url = `${server.origin}/reply`;
  const ask = (until = signal) => askRemote(client, remote(url), eventOf(), { signal: until, nowMs });
  return { server, url, ask };
}

function eventOf(platform = "wecom", account = "office", type: EventType = "yizhan.message.received"): Event {
  return {
    specversion: "1.0",
    id: "event-1",
    source: `/tenants/default/accounts/${platform}/${account}`,
    type,
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "application/json",
    data: { text: "hello" } as Event["data"],
    tenant: "default",
    platform,
    account,
  };
}
