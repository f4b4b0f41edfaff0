import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Event } from "../src/model/event.ts";
import type { Hub } from "./hub.ts";
import { callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";

interface Delivered {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Made {
  readonly subscription: { readonly id: string; readonly url: string };
  readonly secret: string;
}

const subscriptions = { allow_private: true };

/** A program that is told of Events. `answer` gives the status of the nth request, from 1. */
async function receiver(answer: (nth: number) => number = () => 204) {
  const delivered: Delivered[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    delivered.push({ headers: request.headers, body });
    response.writeHead(answer(delivered.length)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const has = (count: number) =>
    until(() => (delivered.length >= count ? delivered : undefined), { what: `${count} deliveries` });
  return { url: `http://127.0.0.1:${port}/hook?key=private-part`, delivered, has };
}

async function subscribe(hub: Hub, url: string, fields: object = {}): Promise<Made> {
  const { status, body } = await hub.ask<Made>("POST", "/api/v1/subscriptions", { json: { url, ...fields } });
  if (status !== 201) throw new Error(`the subscription was answered with ${status}: ${JSON.stringify(body)}`);
  return body.data;
}

function say(hub: Hub, words: string) {
  return callerOf(hub, "app").happened({ event: "message", person: "zhangsan", text: words }).send();
}

/** As the specification says, and sharing nothing with the hub that signs. */
function isSigned({ headers, body }: Delivered, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
  return String(headers["webhook-signature"]).split(" ").includes(expected);
}

describe("a subscription", () => {
  it("gets what it asked for, signed per Standard Webhooks, under the Event's id", async () => {
    const { hub } = await receivingWorld({ subscriptions });
    const program = await receiver();
    const { secret } = await subscribe(hub, program.url, { types: ["yizhan.message.received"], accounts: ["app"] });
    await callerOf(hub, "feishu").happened({ event: "message", person: "ou_lisi", text: "another account" }).send();
    await callerOf(hub, "app").happened({ event: "subscribe", person: "lisi" }).send();
    await say(hub, "for the program");
    const [first] = await program.has(1);
    const event: Event = JSON.parse(first?.body ?? "");
    expect(event).toEqual((await eventsOf(hub)).at(-1));
    expect(first?.headers["webhook-id"]).toBe(event.id);
    expect(first?.headers["content-type"]).toMatch(/^application\/cloudevents\+json/);
    expect(Math.abs(Number(first?.headers["webhook-timestamp"]) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(first && isSigned(first, secret)).toBe(true);
    expect(first && isSigned({ ...first, body: `${first.body} ` }, secret)).toBe(false);
    expect(program.delivered).toHaveLength(1);
  });

  it("shows neither its secret nor its address's query again", async () => {
    const { hub } = await receivingWorld({ subscriptions });
    const program = await receiver();
    const { secret, subscription } = await subscribe(hub, program.url);
    for (const path of ["", `/${subscription.id}`]) {
      const { text: shown } = await hub.ask("GET", `/api/v1/subscriptions${path}`);
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain("private-part");
    }
    expect(hub.process.stdout).not.toContain("private-part");
  });

  it("gets what happened while the hub was down for it, after a restart", async () => {
    const { hub, start } = await receivingWorld({ subscriptions });
    let isUp = false;
    const program = await receiver(() => (isUp ? 204 : 503));
    await subscribe(hub, program.url);
    await say(hub, "first");
    await program.has(1);
    await hub.kill();
    isUp = true;
    const again = await start();
    await say(again, "second");
    const told = () => new Set(program.delivered.slice(1).map(({ body }) => (JSON.parse(body) as Event).id));
    const wanted = (await eventsOf(again)).map(({ id }) => id);
    await until(() => wanted.every((id) => told().has(id)), { what: "both Events", deadlineMs: 20_000 });
  });

  it("gets one Event again, or those of a span, when asked to", async () => {
    const { hub } = await receivingWorld({ subscriptions });
    await say(hub, "before there was a program");
    const program = await receiver();
    const { subscription, secret } = await subscribe(hub, program.url);
    await say(hub, "since");
    await program.has(1);
    const [before, since] = await eventsOf(hub);
    const replay = (json: object) => hub.ask("POST", `/api/v1/subscriptions/${subscription.id}/replay`, { json });
    expect(await replay({ event_id: before?.id })).toMatchObject({ status: 202, body: { data: { count: 1 } } });
    await program.has(2);
    expect(program.delivered[1]?.headers["webhook-id"]).toBe(before?.id);
    const span = { since: "2020-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z" };
    expect(await replay(span)).toMatchObject({ status: 202, body: { data: { count: 2 } } });
    await program.has(4);
    expect(program.delivered.slice(2).map(({ headers }) => headers["webhook-id"])).toEqual([before?.id, since?.id]);
    for (const each of program.delivered) expect(isSigned(each, secret)).toBe(true);
    expect(await replay({})).toMatchObject({ status: 400 });
    expect(await replay({ event_id: "01a1fc1a-2851-7e18-9d20-204676a43872" })).toMatchObject({ status: 404 });
  });

  it("that answers 410 is switched off, and keeps what it missed until it is switched on", async () => {
    const { hub } = await receivingWorld({ subscriptions });
    let isGone = true;
    const program = await receiver(() => (isGone ? 410 : 204));
    const { subscription } = await subscribe(hub, program.url);
    const path = `/api/v1/subscriptions/${subscription.id}`;
    await say(hub, "to nobody");
    await until(
      async () => {
        const { body } = await hub.ask<{ subscription: { state: string } }>("GET", path);
        return body.data.subscription.state === "disabled";
      },
      { what: "the subscription being switched off" },
    );
    isGone = false;
    await say(hub, "while it was off");
    const { status } = await hub.ask("PUT", path, { json: { enabled: true } });
    expect(status).toBe(200);
    const [, ...rest] = await program.has(3);
    expect(rest.map(({ body }) => (JSON.parse(body) as Event<"yizhan.message.received">).data.text)).toEqual([
      "to nobody",
      "while it was off",
    ]);
  });

  it("is not taken for an address inside, unless that is allowed", async () => {
    const { hub } = await receivingWorld();
    for (const url of ["http://127.0.0.1:9/", "http://10.0.0.1/", "http://[::1]/", "ftp://example.com/", "nothing"]) {
      const { status, body } = await hub.ask<{ errors: { field: string }[] }>("POST", "/api/v1/subscriptions", {
        json: { url },
      });
      expect([url, status, body.data.errors.map(({ field }) => field)]).toEqual([url, 400, ["url"]]);
    }
  });
});

describe("a dead letter", () => {
  it("is an Event that was refused for good, and is sent again when asked to", async () => {
    const { hub } = await receivingWorld({ subscriptions: { ...subscriptions, retry_delays: [] } });
    const program = await receiver((nth) => (nth === 1 ? 500 : 204));
    const { subscription } = await subscribe(hub, program.url);
    await say(hub, "refused at first");
    const path = `/api/v1/subscriptions/${subscription.id}/dead-letters`;
    interface Letters {
      readonly dead_letters: readonly {
        readonly event_id: string;
        readonly attempts: number;
        readonly error: string;
      }[];
    }
    const letters = async () => (await hub.ask<Letters>("GET", path)).body.data.dead_letters;
    const [letter] = await until(async () => (await letters()).length > 0 && letters(), { what: "a dead letter" });
    expect(letter).toMatchObject({ attempts: 1, error: expect.stringContaining("500") });
    expect(await hub.ask("POST", `${path}/${letter?.event_id}/retry`)).toMatchObject({ status: 200 });
    const [, again] = await program.has(2);
    expect(again?.headers["webhook-id"]).toBe(letter?.event_id);
    await until(async () => (await letters()).length === 0, { what: "the dead letter being gone" });
  });
});
