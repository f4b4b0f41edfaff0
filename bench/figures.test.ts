import { describe, expect, it } from "vitest";
import { median, percentile, spread } from "./figures.ts";

describe("a percentile", () => {
  it("is the value that so many do not exceed", () => {
    const values = Float64Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 50, 99, 100]);
  });

  it("of nothing is not a number, which no goal is met by", () => {
    expect(percentile(new Float64Array(0), 0.99)).toBeNaN();
  });
});

describe("a median", () => {
  it("is the middle one, or between the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 10, 2, 20])).toBe(6);
  });

  it("is shown with the extremes", () => {
    expect(spread([0.5, 0.75, 1000], 2)).toBe("0.75 [0.50–1,000.00]");
  });
});
