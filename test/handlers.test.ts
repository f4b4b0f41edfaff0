import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { banner, Hub, type World, world } from "./hub.ts";
import { allAccounts } from "./receiving/accounts.ts";
import { callerOf } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";
import { root, Yizhan } from "./yizhan.ts";

interface Shown {
  readonly name: string | null;
  readonly types: readonly string[];
  readonly calls: number;
  readonly failures: number;
  readonly skipped: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly last_error: { readonly at: string; readonly message: string } | null;
  readonly lag: number;
}

const idle = { calls: 0, failures: 0, skipped: 0, p50_ms: null, p99_ms: null, last_error: null, lag: 0 };
const received = "yizhan.message.received";

describe("GET /api/v1/webhooks/handlers of a program with a hub inside", () => {
  it("shows each handler: its name, what it wants, and that nothing has happened yet", async () => {
    const { handlers } = await embedded();
    expect(await handlers()).toEqual([
      { name: "counts", types: [received], ...idle },
      { name: "fails", types: [received], ...idle },
      { name: null, types: ["*"], ...idle },
    ]);
  });

  it("counts calls, failures and how long they take, and how far each is behind", async () => {
    const { hub, handlers, say } = await embedded();
    await say("one");
    await say("boom");
    await say("three");
    await hub.process.printed(/counted three;/);
    await hub.process.printed(/(heard yizhan\.message\.received;[\s\S]*){3}/);
    const failed = async () => ((await handlers())[1]?.failures ?? 0) > 0;
    await until(failed, { what: "the failure" });
    const [counts, fails, all] = await handlers();
    const took = { p50_ms: expect.any(Number), p99_ms: expect.any(Number) };
    expect(counts).toEqual({ name: "counts", types: [received], ...idle, calls: 3, ...took });
    expect(all).toEqual({ name: null, types: ["*"], ...idle, calls: 3, ...took });
    // The third message waits behind the second, for order's sake.
    expect(fails).toMatchObject({
      skipped: 0,
      lag: 2,
      last_error: { at: expect.stringMatching(/^\d{4}-.*Z$/), message: "cannot do with boom" },
    });
    expect(fails?.calls).toBe((fails?.failures ?? 0) + 1);
    expect(fails?.p50_ms).toBeGreaterThanOrEqual(4);
    hub.process.signal("SIGUSR1");
    await hub.process.printed(/done with boom;\s+done with three;/);
    await until(async () => (await handlers())[1]?.lag === 0, { what: "catching up" });
  });

  it("is as the OpenAPI document has it", async () => {
    const { hub, say } = await embedded();
    await say("one");
    const { body: document } = await hub.ask("GET", "/docs/openapi.json");
    const { paths } = documentSchema.parse(document);
    const operation = paths["/api/v1/webhooks/handlers"].get;
    const documented = z.fromJSONSchema(operation.responses[200].content["application/json"].schema);
    const { body } = await hub.ask("GET", "/api/v1/webhooks/handlers");
    expect(documented.safeParse(body).error).toBeUndefined();
  });

  it("shows no handler that was taken back", async () => {
    const { hub, handlers } = await embedded();
    hub.process.signal("SIGUSR2");
    await hub.process.printed(/no longer hears;/);
    expect((await handlers()).map(({ name }) => name)).toEqual(["counts", "fails"]);
  });
});

describe("a handler with a name", () => {
  it("is told what arrived while its program was dead, each at least once", async () => {
    const { hub, say, world: made } = await embedded();
    await say("before");
    await hub.process.printed(/counted before;/);
    await hub.kill();
    const plain = await made.start();
    await callerOf(plain, "lark").happened({ event: "message", person: "p", text: "meanwhile" }).send();
    await plain.kill();
    const { hub: again } = await risen(made);
    await again.process.printed(/counted meanwhile;/);
    await again.process.printed(/done with meanwhile;/);
    // Without a name it hears what arrives while it runs.
    expect(again.process.stdout).not.toContain("heard");
  });
});

/** Where the document says what is answered. */
const documentSchema = z.object({
  paths: z.object({
    "/api/v1/webhooks/handlers": z.object({
      get: z.object({
        responses: z.object({
          200: z.object({ content: z.object({ "application/json": z.object({ schema: z.looseObject({}) }) }) }),
        }),
      }),
    }),
  }),
});

async function embedded() {
  const made = await world({ accounts: allAccounts, log: { level: "error" } });
  return { world: made, ...(await risen(made)) };
}

async function risen({ folder }: World) {
  const process = new Yizhan([], { cwd: folder, program: `${root}test/receiving/handlers-program.ts` });
  onTestFinished(() => process[Symbol.asyncDispose]());
  const [, url = ""] = await process.printed(banner);
  const hub = new Hub(process, url);
  return {
    hub,
    async handlers(): Promise<readonly Shown[]> {
      const { status, body } = await hub.ask<{ handlers: Shown[] }>("GET", "/api/v1/webhooks/handlers");
      expect([status, body.message]).toEqual([200, "获取处理器成功"]);
      return body.data.handlers;
    },
    async say(text: string): Promise<void> {
      const { verdict } = await callerOf(hub, "lark").happened({ event: "message", person: "p", text }).send();
      expect(verdict).toBe("accepted");
    },
  };
}
