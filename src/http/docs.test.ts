import { describe, expect, it } from "vitest";
import * as z from "zod";
import { startHub } from "./hub-for-tests.ts";

const documentSchema = z.object({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        parameters: z.array(
          z.object({ name: z.string(), in: z.string(), required: z.boolean(), schema: z.looseObject({}) }),
        ),
        requestBody: z
          .object({ content: z.record(z.string(), z.object({ schema: z.json(), examples: z.json() })) })
          .optional(),
        responses: z.record(z.string(), z.object({ description: z.string(), content: z.json() })),
      }),
    ),
  ),
});

describe("the OpenAPI document", () => {
  it("names every operation and its statuses", async () => {
    const { paths } = await documentOf();
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { responses }]) => `${method} ${path} ${Object.keys(responses).join(" ")}`),
    );
    expect(operations).toEqual([
      "post /api/v1/push 200 400 401 404 409 413 415 429 500 503",
      "get /api/v1/task/{task_id} 200 401 404 500 503",
      "get /api/v1/notifications 200 400 401 500 503",
      "delete /api/v1/notifications 200 401 500 503",
      "get /api/v1/notifications/statistics 200 401 500 503",
      "get /api/v1/notifications/{id} 200 401 404 500 503",
      "delete /api/v1/notifications/{id} 200 401 404 500 503",
      "put /api/v1/notifications/{id}/read 200 401 404 500 503",
      "put /api/v1/notifications/read-all 200 401 500 503",
      "post /api/v1/reload 200 401 403 422 500 503",
      "get /health 200",
      "get /ready 200 503",
      "get /metrics 200 401 500 503",
      "get /docs 200 401 500 503",
      "get /docs/openapi.json 200 401 500 503",
    ]);
  });

  it("gives each operation a name of its own", async () => {
    const { paths } = await documentOf();
    const names = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect(new Set(names).size).toBe(names.length);
  });

  it("describes a push by the schema that validates it", async () => {
    const { paths } = await documentOf();
    const body = paths["/api/v1/push"]?.post?.requestBody?.content["application/json"]?.schema;
    expect(body).toMatchObject({
      type: "object",
      required: ["recipient_alias", "type", "style", "content"],
      properties: {
        recipient_alias: { type: "string", minLength: 1, maxLength: 255 },
        type: { enum: ["info", "warning", "error"] },
        platform: { anyOf: [{ enum: ["feishu", "dingtalk", "wechat", "wecom", "email", "system"] }, { type: "null" }] },
      },
    });
    expect(body).not.toMatchObject({ additionalProperties: false });
  });

  it("describes the page of a list by its bounds", async () => {
    const { paths } = await documentOf();
    expect(paths["/api/v1/notifications"]?.get?.parameters).toMatchObject([
      { name: "status", in: "query", required: false, schema: { enum: ["unread", "read", "all"], default: "all" } },
      {
        name: "limit",
        in: "query",
        required: false,
        schema: { type: "integer", minimum: 1, maximum: 1000, default: 50 },
      },
      { name: "offset", in: "query", required: false, schema: { type: "integer", minimum: 0, default: 0 } },
    ]);
    expect(paths["/api/v1/task/{task_id}"]?.get?.parameters).toMatchObject([{ in: "path", required: true }]);
  });

  it("leaves room for new fields in answers", async () => {
    expect(JSON.stringify(await documentOf())).not.toContain('"additionalProperties":false');
  });

  it("shows examples that the hub takes", async () => {
    const hub = await startHub();
    const { paths } = documentSchema.parse((await hub.ask("GET", "/docs/openapi.json")).body);
    const examples = z
      .record(z.string(), z.object({ value: z.json() }))
      .parse(paths["/api/v1/push"]?.post?.requestBody?.content["application/json"]?.examples);
    expect(Object.keys(examples)).toHaveLength(2);
    for (const { value } of Object.values(examples)) {
      expect((await hub.ask("POST", "/api/v1/push", { body: value })).status).toBe(200);
    }
  });
});

describe("the page of the documents", () => {
  it("shows every operation and runs nothing", async () => {
    const hub = await startHub();
    const { status, headers, text } = await hub.ask("GET", "/docs");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const { paths } = await documentOf();
    for (const [path, item] of Object.entries(paths)) {
      expect(text).toContain(`<code>${path}</code>`);
      for (const { operationId } of Object.values(item)) expect(text).toContain(`<section id="${operationId}">`);
    }
    expect(text).toContain("<code>content.actions[].url</code>");
    expect(text).toContain("1 ≤ … ≤ 1000");
    expect(text).toContain("<code>content.mentions.all</code></td><td>boolean</td>");
    expect(text).not.toMatch(/<script|https?:\/\/(?!example)/);
  });

  it("allows nothing but its own style, anew each time", async () => {
    const hub = await startHub();
    const nonces = new Set<string>();
    for (let time = 0; time < 2; time++) {
      const { headers, text } = await hub.ask("GET", "/docs");
      const nonce = /style-src 'nonce-([^']+)'/.exec(headers.get("content-security-policy") ?? "")?.[1] ?? "";
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(text).toContain(`<style nonce="${nonce}">`);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(2);
  });
});

async function documentOf() {
  const hub = await startHub();
  const { status, body } = await hub.ask("GET", "/docs/openapi.json");
  expect(status).toBe(200);
  const document = documentSchema.parse(body);
  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  return document;
}
