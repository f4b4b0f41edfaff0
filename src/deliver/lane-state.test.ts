import { describe, expect, it } from "vitest";
import type { ErrorKind, PlatformError } from "../model/platform-error.ts";
import type { LaneState } from "../store/store.ts";
import { afterFailure, afterSuccess, calm } from "./lane-state.ts";

const breaker = { failures: 3, cooldownMs: 60_000 };
const windows = [{ messages: 2, perMs: 1_000 }];
const anError = (kind: ErrorKind, retryAfterMs?: number): PlatformError => ({
  kind,
  code: "c",
  message: "m",
  advice: "a",
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const failing: LaneState = { holdUntil: 900, holdKind: "unavailable", failures: 2, recent: [800] };

describe("a lane whose platform took a message", () => {
  it("forgets its trouble and counts the answer", () => {
    expect(afterSuccess(failing, windows, 1_000)).toEqual({
      holdUntil: 0,
      holdKind: "none",
      failures: 0,
      recent: [800, 1_000],
    });
  });

  it("and that has neither limits nor trouble is not worth writing down", () => {
    expect(afterSuccess(calm, [], 1_000)).toBe(calm);
  });
});

describe("a lane whose platform asked to wait", () => {
  it("waits exactly that long, and it is no failure", () => {
    expect(afterFailure(failing, anError("rate-limited", 7_300), breaker, 1_000, 8_300)).toEqual({
      ...failing,
      holdUntil: 8_300,
      holdKind: "rate-limited",
    });
  });
});

describe("a lane whose platform did not answer", () => {
  it("counts it and waits for the next attempt", () => {
    expect(afterFailure(calm, anError("unavailable"), breaker, 1_000, 6_000)).toEqual({
      holdUntil: 6_000,
      holdKind: "unavailable",
      failures: 1,
      recent: [],
    });
  });

  it("goes on with the next message when there is no next attempt", () => {
    expect(afterFailure(calm, anError("unavailable"), breaker, 1_000, undefined)).toMatchObject({
      holdKind: "none",
      failures: 1,
    });
  });

  it("opens its breaker with the last of the failures in a row", () => {
    expect(afterFailure(failing, anError("unavailable"), breaker, 1_000, undefined)).toMatchObject({
      holdUntil: 61_000,
      holdKind: "unavailable",
      failures: 3,
    });
  });

  it("waits for whatever is latest: the breaker, the next attempt, or what the platform said", () => {
    const holdUntil = (retryAfterMs: number | undefined, retryAt: number | undefined) =>
      afterFailure(failing, anError("unavailable", retryAfterMs), breaker, 1_000, retryAt).holdUntil;
    expect(holdUntil(undefined, 6_000)).toBe(61_000);
    expect(holdUntil(undefined, 90_000)).toBe(90_000);
    expect(holdUntil(120_000, 90_000)).toBe(121_000);
  });
});

describe("a lane whose platform refused", () => {
  it.each(["rejected", "unauthorized"] as const)("with %s knows that it is there, and keeps its limits", (kind) => {
    expect(afterFailure(failing, anError(kind), breaker, 1_000, undefined)).toEqual({
      holdUntil: 0,
      holdKind: "none",
      failures: 0,
      recent: [800],
    });
  });

  it("and that had no trouble is not worth writing down", () => {
    expect(afterFailure(calm, anError("rejected"), breaker, 1_000, undefined)).toBe(calm);
  });
});
