import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import type { Answer } from "./ask.ts";
import type { Hub } from "./hub.ts";
import { callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";

const content = z.record(z.string(), z.object({ schema: z.looseObject({}) }));
const responses = z.record(z.string(), z.object({ description: z.string(), content: content.optional() }));
const operation = z.object({ operationId: z.string(), responses });
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) });

type Asked = readonly [method: string, documented: string, path: string, json?: unknown];

describe("the OpenAPI document", () => {
  it("describes what is really answered about Events, messages and subscriptions", async () => {
    const { hub } = await receivingWorld({ subscriptions: { allow_private: true, retry_delays: [] } });
    const { event, subscription } = await somethingOfEach(hub);
    const one = "/api/v1/subscriptions/{id}";
    const asked: readonly Asked[] = [
      ["get", "/api/v1/events", "/api/v1/events?limit=2"],
      ["get", "/api/v1/events", "/api/v1/events?type=nothing"],
      ["get", "/api/v1/events/{id}", `/api/v1/events/${event}`],
      ["get", "/api/v1/events/{id}", "/api/v1/events/none"],
      ["get", "/api/v1/events/stream", "/api/v1/events/stream?type=nothing"],
      ...["status", "history", "interactions"].flatMap((what): Asked[] =>
        ["om_1", "om_none"].map((id) => ["get", `/api/v1/messages/{id}/${what}`, `/api/v1/messages/${id}/${what}`]),
      ),
      ["get", "/api/v1/status", "/api/v1/status"],
      ["get", "/api/v1/webhooks/handlers", "/api/v1/webhooks/handlers"],
      ["get", "/api/v1/subscriptions", "/api/v1/subscriptions"],
      ["post", "/api/v1/subscriptions", "/api/v1/subscriptions", { url: "http://127.0.0.1:9/" }],
      ["post", "/api/v1/subscriptions", "/api/v1/subscriptions", { url: 7 }],
      ["get", one, `/api/v1/subscriptions/${subscription}`],
      ["get", one, "/api/v1/subscriptions/none"],
      ["put", one, `/api/v1/subscriptions/${subscription}`, { rotate_secret: true }],
      ["put", one, `/api/v1/subscriptions/${subscription}`, { types: ["nothing"] }],
      ["put", one, "/api/v1/subscriptions/none", {}],
      ["get", `${one}/dead-letters`, `/api/v1/subscriptions/${subscription}/dead-letters`],
      ["get", `${one}/dead-letters`, `/api/v1/subscriptions/${subscription}/dead-letters?limit=0`],
      ["get", `${one}/dead-letters`, "/api/v1/subscriptions/none/dead-letters"],
      [
        "post",
        `${one}/dead-letters/{event}/retry`,
        `/api/v1/subscriptions/${subscription}/dead-letters/${event}/retry`,
      ],
      ["post", `${one}/dead-letters/{event}/retry`, `/api/v1/subscriptions/${subscription}/dead-letters/none/retry`],
      ["post", `${one}/replay`, `/api/v1/subscriptions/${subscription}/replay`, { event_id: event }],
      ["post", `${one}/replay`, `/api/v1/subscriptions/${subscription}/replay`, {}],
      ["post", `${one}/replay`, "/api/v1/subscriptions/none/replay", { event_id: event }],
      ["delete", one, `/api/v1/subscriptions/${subscription}`],
      ["delete", one, "/api/v1/subscriptions/none"],
    ];
    const { paths } = documentSchema.parse((await hub.ask("GET", "/docs/openapi.json")).body);
    const statuses = new Set<number>();
    for (const [method, documented, path, json] of asked) {
      const answer = await hub.ask(method.toUpperCase(), path, json === undefined ? {} : { json });
      statuses.add(answer.status);
      expectDescribed(paths[documented]?.[method]?.responses, answer, `${method} ${path} ${answer.status}`);
    }
    expect(statuses).toEqual(new Set([200, 201, 202, 400, 404]));
  });

  it("describes how callbacks are answered, at every address that takes them", async () => {
    const { hub } = await receivingWorld();
    const { paths } = documentSchema.parse((await hub.ask("GET", "/docs/openapi.json")).body);
    const own = paths["/callbacks/{tenant}/{platform}/{account}"]?.post?.responses;
    const unsigned = await hub.ask("POST", "/callbacks/default/wecom/app", { text: "<xml/>" });
    const unknown = await hub.ask("POST", "/callbacks/default/wecom/none", { text: "" });
    const large = await hub.ask("POST", "/callbacks/default/wecom/app", { text: "x".repeat(1_048_577) });
    expect([unsigned.status, unknown.status, large.status]).toEqual([400, 404, 413]);
    for (const answer of [unsigned, unknown, large]) expectDescribed(own, answer, String(answer.status));
    for (const path of ["/wechat/callback", "/api/v1/webhooks/wechat/api", "/api/v1/webhooks/wechat/bot", "/"]) {
      expect([path, Object.keys(paths[path]?.post?.responses ?? {})]).toEqual([path, Object.keys(own ?? {})]);
    }
  });

  it("has a schema for the data of every type of Event", async () => {
    const { hub } = await receivingWorld();
    await somethingOfEach(hub);
    const { paths } = documentSchema.parse((await hub.ask("GET", "/docs/openapi.json")).body);
    const schema = paths["/api/v1/events/{id}"]?.get?.responses["200"]?.content?.["application/json"]?.schema;
    const shown = z.fromJSONSchema(schema ?? {});
    const [event] = await eventsOf(hub);
    const answer = (data: unknown) => ({ code: 200, message: "", data: { event: { ...event, data } } });
    expect(shown.safeParse(answer(event?.data)).success).toBe(true);
    expect(shown.safeParse(answer("no object")).success).toBe(false);
    expect(shown.safeParse(answer({ ...event?.data, messageId: 7 })).success).toBe(false);
  });
});

/** Stores Events of several types, and makes a subscription that has given one up. */
async function somethingOfEach(hub: Hub): Promise<{ event: string; subscription: string }> {
  const server = createServer((_request, response) => void response.writeHead(500).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const made = await hub.ask<{ subscription: { id: string } }>("POST", "/api/v1/subscriptions", { json: { url } });
  const subscription = made.status === 201 ? made.body.data.subscription.id : "none";
  const app = callerOf(hub, "feishu");
  await app.happened({ event: "message", person: "ou_lisi", text: "hello", replyTo: "om_1" }).send();
  await app.happened({ event: "read", person: "ou_lisi", messages: ["om_1"] }).send();
  await app.happened({ event: "click", person: "ou_lisi", message: "om_1", key: "yes" }).send();
  await app.happened({ event: "join", people: ["ou_lisi"], chat: "oc_1" }).send();
  await callerOf(hub, "app").happened({ event: "subscribe", person: "lisi" }).send();
  const event = (await eventsOf(hub))[0]?.id ?? "";
  if (made.status === 201) {
    const letters = `/api/v1/subscriptions/${subscription}/dead-letters`;
    await until(async () => (await hub.ask("GET", letters)).text.includes(event), { what: "a dead letter" });
  }
  return { event, subscription };
}

/** The answer is documented under its status, and as the schema says. */
function expectDescribed(documented: z.infer<typeof responses> | undefined, answer: Answer, what: string): void {
  const schema = documented?.[answer.status]?.content?.["application/json"]?.schema;
  expect(schema, what).toBeDefined();
  const { error } = z.fromJSONSchema(schema ?? {}).safeParse(answer.body);
  expect(error && z.prettifyError(error), what).toBeUndefined();
}
