import { describe, expect, it } from "vitest";
import { RelayFailure } from "./failure.ts";
import { forwardVerdict } from "./forward-verdict.ts";

const now = Date.parse("2026-03-01T00:00:00Z");

function verdictOf(status: number, headers: readonly string[] = []) {
  return forwardVerdict({ kind: "answered", status, headers, body: undefined }, now);
}

describe("what a receiver answers", () => {
  it.each([200, 201, 202, 204, 299])("takes the callback with %i", (status) => {
    expect(verdictOf(status)).toEqual({ kind: "taken" });
  });

  it.each([500, 502, 503, 504, 599, 408, 425, 429])("says nothing about the callback with %i", (status) => {
    expect(verdictOf(status)).toMatchObject({ kind: "again", error: `HTTP ${status}`, isRefusal: false });
  });

  it.each([400, 401, 403, 404, 405, 409, 410, 413, 422])("refuses the callback with %i", (status) => {
    expect(verdictOf(status)).toEqual({ kind: "again", error: `HTTP ${status}`, waitMs: 0, isRefusal: true });
  });

  it("refuses it with a redirect, which is not followed, and says so", () => {
    const error = "HTTP 302, and redirects are not followed";
    expect(verdictOf(302, ["Location", "http://elsewhere"])).toMatchObject({ error, isRefusal: true });
  });

  it("is believed about when to come again, for ten minutes at most", () => {
    const waitOf = (value: string) => (verdictOf(503, ["Retry-After", value]) as { waitMs: number }).waitMs;
    expect(waitOf("30")).toBe(30_000);
    expect(waitOf("Sun, 01 Mar 2026 00:01:00 GMT")).toBe(60_000);
    expect(waitOf("86400")).toBe(600_000);
    for (const nonsense of ["soon", "", "-5", "Sun, 01 Mar 2020 00:00:00 GMT"]) expect(waitOf(nonsense)).toBe(0);
  });
});

describe("a receiver that was not reached", () => {
  it("is tried again, and named by what went wrong and not by its address", () => {
    const failure = new RelayFailure("no-target", "http://10.0.0.5 is down", { sent: false, retryAfterMs: 2_000 });
    expect(forwardVerdict({ kind: "failed", failure }, now)).toEqual({
      kind: "again",
      error: "no-target",
      waitMs: 0,
      isRefusal: false,
    });
  });
});
