import { describe, expect, it } from "vitest";
import { Backlog } from "./backlog.ts";

describe("the backlog", () => {
  it("takes what fits and refuses what does not, reserving nothing of it", () => {
    const backlog = new Backlog(3, 0);
    expect(backlog.reserve(2)).toBe(true);
    expect(backlog.reserve(2)).toBe(false);
    expect(backlog.waiting).toBe(2);
    expect(backlog.reserve(1)).toBe(true);
    expect(backlog.reserve(1)).toBe(false);
  });

  it("has room again for what was released", () => {
    const backlog = new Backlog(1, 0);
    backlog.reserve(1);
    backlog.release(1);
    expect(backlog.reserve(1)).toBe(true);
  });

  it("begins with what the store holds", () => {
    const backlog = new Backlog(5, 5);
    expect(backlog.reserve(1)).toBe(false);
    expect(backlog.waiting).toBe(5);
  });

  it("never refuses what follows from what was accepted", () => {
    const backlog = new Backlog(1, 1);
    backlog.add(3);
    expect(backlog.waiting).toBe(4);
  });

  it("that is empty takes even a push that is larger than itself, or it could never be sent", () => {
    expect(new Backlog(10, 0).reserve(1_000)).toBe(true);
  });
});
