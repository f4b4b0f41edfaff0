import { describe, expect, it } from "vitest";
import { idMaker } from "./new-id.ts";

describe("the ids of one process", () => {
  it("sort by their millisecond", () => {
    const newId = idMaker();
    const ids = Array.from({ length: 5_000 }, (_, i) => newId(1_000 + i));
    expect(ids.toSorted()).toEqual(ids);
  });

  it("are all different within one millisecond", () => {
    const newId = idMaker();
    expect(new Set(Array.from({ length: 5_000 }, () => newId(7))).size).toBe(5_000);
  });
});
