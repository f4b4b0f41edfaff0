import { describe, expect, it } from "vitest";
import { type RelayStatus, shownRelay } from "../http/relay-shapes.ts";
import { examineRelays } from "./doctor-relays.ts";

const target = {
  name: "http://crm",
  weight: 1,
  state: "up",
  ejectedUntil: undefined,
  pending: 0,
  failures: 0,
} as const;
const receiver = { name: "crm", types: [], answers: false, isSealed: false, targets: [target] };
const relay: RelayStatus = {
  name: "wework",
  prefix: "/wework-callback",
  mode: "durable",
  targets: [],
  receivers: [receiver],
};
const oldestWaiting = Date.parse("2026-01-04T01:30:00Z");

function examined(shown: ReturnType<typeof shownRelay>) {
  return examineRelays({ code: 200, data: { relays: [shown] } });
}

describe("a relay that is well", () => {
  it("has nothing to fix, also while something is on its way", () => {
    const counts = [{ relay: "wework", receiver: "crm", waiting: 2, dead: 0, oldestWaiting }];
    expect(examined(shownRelay(relay, counts))).toEqual({
      seen: ["relay wework at /wework-callback: 2 callback(s) wait"],
      findings: [],
    });
  });
});

describe("what is wrong with a relay", () => {
  it("is a receiver that is down, with what waits for it", () => {
    const trouble = { error: "target-refused", untilMs: 0 };
    const counts = [{ relay: "wework", receiver: "crm", waiting: 3, dead: 0, oldestWaiting }];
    const { findings } = examined(shownRelay({ ...relay, receivers: [{ ...receiver, trouble }] }, counts));
    expect(findings.map(({ what }) => what)).toEqual([
      "relay wework, receiver crm takes nothing: target-refused; 3 wait, the oldest since 2026-01-04T01:30:00Z",
    ]);
  });

  it("is what was set aside, and what waits for who is configured no more", () => {
    const counts = [
      { relay: "wework", receiver: "crm", waiting: 0, dead: 4 },
      { relay: "wework", receiver: "gone", waiting: 1, dead: 0, oldestWaiting },
    ];
    expect(examined(shownRelay(relay, counts)).findings.map(({ what }) => what)).toEqual([
      "relay wework, receiver crm: 4 callback(s) were set aside",
      "relay wework, receiver gone is configured no more; 1 wait, the oldest since 2026-01-04T01:30:00Z",
    ]);
  });

  it("is a target that is out", () => {
    const targets = [target, { ...target, name: "http://b", state: "ejected" as const }];
    const { seen, findings } = examined(shownRelay({ ...relay, mode: "transparent", targets, receivers: [] }, []));
    expect(seen).toEqual(["relay wework at /wework-callback"]);
    expect(findings.map(({ what }) => what)).toEqual(["relay wework: http://b is ejected"]);
  });
});

describe("a hub without relays, or before there were any", () => {
  it("has nothing to fix in them", () => {
    expect(examineRelays({ code: 404, data: null })).toEqual({ seen: [], findings: [] });
    expect(examineRelays({ code: 200, data: { relays: [] } })).toEqual({ seen: [], findings: [] });
    expect(examineRelays(undefined)).toEqual({ seen: [], findings: [] });
  });
});
