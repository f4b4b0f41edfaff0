import { describe, expect, it } from "vitest";
import * as z from "zod";
import { world } from "./hub.ts";
import { metricsOf } from "./metrics.ts";

describe("GET /health", () => {
  it("answers without the envelope", async () => {
    const hub = await (await world()).start();
    const { status, text } = await hub.ask("GET", "/health");
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      status: "ok",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });
});

describe("GET /ready", () => {
  it("answers 200 once the store takes work", async () => {
    const hub = await (await world()).start();
    const { status, text } = await hub.ask("GET", "/ready");
    expect([status, JSON.parse(text).status]).toEqual([200, "ok"]);
  });
});

describe("GET /metrics", () => {
  it("adds up with what was pushed and what the platforms received", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"], wecom: ["c"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "fail", platform: "feishu", code: "19001", times: 2 });
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(await hub.accepted({ strategy: "failover" }));
    for (let count = 0; count < 3; count++) ids.push(await hub.accepted({ strategy: "all" }));
    for (const id of ids) await hub.settled(id);

    const metric = metricsOf((await hub.ask("GET", "/metrics")).text);
    const { feishu, wecom } = sandbox.statistics().platforms;
    expect(metric('yizhan_accepted_total{strategy="failover"}')).toBe(5);
    expect(metric('yizhan_accepted_total{strategy="all"}')).toBe(3);
    expect(metric('yizhan_failed_total{platform="feishu",kind="rejected"}')).toBe(2);
    expect(metric('yizhan_delivered_total{platform="feishu"}')).toBe(feishu.accepted);
    expect(metric('yizhan_delivered_total{platform="wecom"}')).toBe(wecom.accepted);
    expect([feishu.accepted, wecom.accepted]).toEqual([6, 5]);
    expect(metric('yizhan_attempt_seconds_count{platform="feishu"}')).toBe(feishu.requests);
    expect(metric('yizhan_end_to_end_seconds_count{platform="wecom"}')).toBe(wecom.accepted);
    expect(metric('yizhan_attempt_seconds_bucket{platform="feishu",le="+Inf"}')).toBe(feishu.requests);
    expect(metric("yizhan_queue_depth")).toBe(0);
  });

  it("counts the backlog of the last run after a restart", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
    const first = await start();
    sandbox.faults.add({ mode: "stall" });
    for (let count = 0; count < 4; count++) await first.accepted();
    await first.kill();
    const second = await start();
    expect(metricsOf((await second.ask("GET", "/metrics")).text)("yizhan_queue_depth")).toBe(4);
  });
});

const documentSchema = z.object({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.object({ title: z.string().min(1), version: z.string().min(1) }),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(
      z.enum(["get", "put", "post", "delete"]),
      z.object({
        operationId: z.string().min(1),
        parameters: z
          .array(
            z.object({ name: z.string(), in: z.enum(["path", "query", "header"]), required: z.boolean().optional() }),
          )
          .optional(),
        responses: z.record(
          z.string().regex(/^[1-5]\d\d$/),
          z.object({
            description: z.string().min(1),
            content: z.record(z.string(), z.object({ schema: z.looseObject({}) })).optional(),
          }),
        ),
      }),
    ),
  ),
});

describe("the documents", () => {
  it("are a page for people", async () => {
    const hub = await (await world()).start();
    const { status, headers, text } = await hub.ask("GET", "/docs");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    for (const path of ["/api/v1/push", "/api/v1/task/", "/api/v1/notifications", "/metrics"])
      expect(text).toContain(path);
  });

  it("are OpenAPI 3.1 for machines, with every parameter of a path declared", async () => {
    const hub = await (await world()).start();
    const { status, body } = await hub.ask("GET", "/docs/openapi.json");
    expect(status).toBe(200);
    const { paths } = documentSchema.parse(body);
    for (const [path, item] of Object.entries(paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [], operationId } of Object.values(item)) {
        const declared = parameters.filter((parameter) => parameter.in === "path" && parameter.required);
        expect([operationId, declared.map(({ name }) => name)]).toEqual([operationId, named]);
      }
    }
  });

  it("describe what the hub really answers", async () => {
    const hub = await (await world()).start();
    const id = await hub.accepted();
    await hub.settled(id);
    await hub.settled(await hub.accepted({ platform: "system" }));
    const { paths } = documentSchema.parse((await hub.ask("GET", "/docs/openapi.json")).body);
    const asked = [
      ["post", "/api/v1/push", "/api/v1/push", { type: "x" }],
      ["post", "/api/v1/push", "/api/v1/push", {}],
      ["get", "/api/v1/task/{task_id}", `/api/v1/task/${id}`],
      ["get", "/api/v1/task/{task_id}", "/api/v1/task/none"],
      ["get", "/api/v1/notifications", "/api/v1/notifications"],
      ["get", "/api/v1/notifications", "/api/v1/notifications?limit=x"],
      ["get", "/api/v1/notifications/{id}", "/api/v1/notifications/none"],
      ["get", "/api/v1/notifications/statistics", "/api/v1/notifications/statistics"],
      ["put", "/api/v1/notifications/read-all", "/api/v1/notifications/read-all"],
      ["delete", "/api/v1/notifications", "/api/v1/notifications"],
      ["post", "/api/v1/reload", "/api/v1/reload"],
      ["get", "/health", "/health"],
      ["get", "/ready", "/ready"],
    ] as const;
    for (const [method, path, target, fields] of asked) {
      const answer = fields ? await hub.push(fields) : await hub.ask(method.toUpperCase(), target);
      const schema = paths[path]?.[method]?.responses[answer.status]?.content?.["application/json"]?.schema;
      expect(schema, `${method} ${target} ${answer.status} is described`).toBeDefined();
      const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(answer.body);
      expect(checked.error, `${method} ${target} ${answer.status}`).toBeUndefined();
    }
  });
});
