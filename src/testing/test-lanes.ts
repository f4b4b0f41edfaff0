import { onTestFinished } from "vitest";
import { MemoryQueue } from "../queue/memory-queue.ts";
import type { TestClock } from "./clock.ts";

/** The real queue, for rooms that know it as a port only. What a drain throws fails the test, unless it is expected. */
export function testLanes(
  clock: TestClock,
  drain: (lane: string) => Promise<number | undefined>,
  groupOf: (lane: string) => string,
  isExpected: (error: unknown) => boolean = () => false,
): { wake(lane: string, dueAt: number): void } {
  const thrown: unknown[] = [];
  const queue = new MemoryQueue({
    drain,
    clock,
    concurrency: 64,
    groupOf,
    groupConcurrency: 16,
    onError(_lane, error) {
      if (!isExpected(error)) thrown.push(error);
    },
    retryMs: 1_000,
  });
  queue.start();
  onTestFinished(() => {
    // Not waited for: what a test crashed is under way for ever.
    void queue.stop();
    if (thrown.length > 0) throw new Error("a lane stopped", { cause: thrown[0] });
  });
  return { wake: (lane, dueAt) => queue.wake(lane, dueAt) };
}
