import { describe, expect, it } from "vitest";
import { systemClock } from "./clock.ts";

describe("the system's clock", () => {
  it("calls back at once for a time that is past", async () => {
    await new Promise<void>((resolve) => systemClock.at(0, resolve));
  });

  it("does not call back at once for a time that is further away than a timer can wait", async () => {
    let called = false;
    const off = systemClock.at(Date.now() + 2 ** 40, () => {
      called = true;
    });
    await new Promise<void>((resolve) => systemClock.at(Date.now() + 5, resolve));
    off();
    expect(called).toBe(false);
  });

  it("does not call back what was called off", async () => {
    let called = false;
    const off = systemClock.at(0, () => {
      called = true;
    });
    off();
    await new Promise<void>((resolve) => systemClock.at(Date.now() + 5, resolve));
    expect(called).toBe(false);
  });
});
