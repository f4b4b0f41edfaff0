import { describe, expect, it } from "vitest";
import { StoreError } from "../store/errors.ts";
import { deliverWorld } from "../testing/deliver-world.ts";
import { aMessage, aRecipient } from "../testing/samples.ts";

const failover = { strategy: "failover" } as const;

describe("a push", () => {
  it("is accepted with what its client is told, and is in the store by then", async () => {
    const world = await deliverWorld();
    const outcome = await world.push("m", failover);
    expect(outcome).toMatchObject({
      outcome: "accepted",
      replayed: false,
      task: { recipientName: "Operations", strategy: "failover", style: "text", createdAt: world.clock.now() },
    });
    if (outcome.outcome === "accepted") expect((await world.task(outcome.task.id)).status).toBe("processing");
  });

  it("that names a platform has the strategy platform", async () => {
    const world = await deliverWorld();
    expect(await world.push("m", { platform: "beta" })).toMatchObject({ task: { strategy: "platform" } });
  });

  it("to nobody known is told so", async () => {
    const world = await deliverWorld();
    expect(await world.push("m", failover, "nobody")).toEqual({ outcome: "unknown-recipient" });
  });

  it("to a platform that the Recipient does not have is told which it has", async () => {
    const world = await deliverWorld();
    const known = ["alpha", "beta", "system"];
    expect(await world.push("m", { platform: "gamma" })).toEqual({ outcome: "unknown-platform", known });
  });

  it("to the notifications of a Recipient that has none is told so", async () => {
    const world = await deliverWorld({ recipients: [aRecipient({ alpha: ["a1"] })] });
    expect(await world.push("m", { platform: "system" })).toEqual({ outcome: "unknown-platform", known: ["alpha"] });
  });

  it("to a Recipient of nothing at all is accepted and has failed", async () => {
    const world = await deliverWorld({ recipients: [aRecipient({})] });
    const outcome = await world.push("m");
    expect(outcome.outcome === "accepted" && (await world.task(outcome.task.id)).status).toBe("failed");
  });

  it("after the stop is refused", async () => {
    const world = await deliverWorld();
    world.life().pushes.stop();
    expect(await world.push("m")).toEqual({ outcome: "stopping" });
  });

  it("that the store cannot take is not accepted, and takes no room", async () => {
    const world = await deliverWorld();
    await world.life().store.close();
    await expect(world.push("m")).rejects.toThrow(StoreError);
    expect(world.life().backlog.waiting).toBe(0);
  });
});

describe("a push with an idempotency key", () => {
  const keyed = (world: Awaited<ReturnType<typeof deliverWorld>>, bodyHash: string) =>
    world.life().pushes.push({
      tenant: "default",
      alias: "ops",
      route: failover,
      message: aMessage(),
      idempotency: { key: "k", bodyHash },
    });

  it("is accepted once, answered with the same Task again, and sent once", async () => {
    const world = await deliverWorld();
    const first = await keyed(world, "body");
    await world.clock.settle();
    const again = await keyed(world, "body");
    await world.clock.settle();
    if (first.outcome !== "accepted") throw new Error(first.outcome);
    expect(again).toMatchObject({ outcome: "accepted", replayed: true, task: { id: first.task.id, style: "text" } });
    expect(world.sent).toHaveLength(1);
    expect(world.life().backlog.waiting).toBe(0);
    expect(world.observed.filter((line) => line.startsWith("accepted"))).toHaveLength(1);
  });

  it("and another body is a conflict, and takes no room", async () => {
    const world = await deliverWorld();
    await keyed(world, "body");
    await world.clock.settle();
    expect(await keyed(world, "another")).toEqual({ outcome: "key-conflict" });
    expect(world.life().backlog.waiting).toBe(0);
  });
});

describe("a backlog that is full", () => {
  it("refuses until something was delivered", async () => {
    const world = await deliverWorld({ backlog: 2 });
    let answer: () => void = () => {};
    world.script(
      "a1",
      () =>
        new Promise((resolve) => {
          answer = () => resolve({ ok: true });
        }),
    );
    expect((await world.push("1")).outcome).toBe("accepted");
    expect((await world.push("2")).outcome).toBe("accepted");
    expect(await world.push("3")).toEqual({ outcome: "backlog-full", retryAfterSeconds: 5 });
    await world.clock.settle();
    answer();
    await world.clock.settle();
    expect((await world.push("4")).outcome).toBe("accepted");
    expect((await world.push("5")).outcome).toBe("backlog-full");
  });

  it("counts every Delivery of a push", async () => {
    const world = await deliverWorld({ backlog: 3 });
    world.script("a1", () => new Promise(() => {}));
    expect((await world.push("1", { platform: "alpha" })).outcome).toBe("accepted");
    expect((await world.push("2", { strategy: "all" })).outcome).toBe("backlog-full");
    expect((await world.push("3")).outcome).toBe("accepted");
  });

  it("counts what waits in the store after a restart", async () => {
    const world = await deliverWorld({ backlog: 2 });
    world.script("a1", () => new Promise(() => {}));
    await world.push("1");
    await world.push("2");
    await world.restart();
    expect((await world.push("3")).outcome).toBe("backlog-full");
  });
});
