import { describe, expect, it } from "vitest";
import { planForwards, type VerifiedCallback } from "./forward-plan.ts";

const request = { method: "POST", path: "", query: undefined, headers: [], body: new Uint8Array() };
const callback: VerifiedCallback = {
  events: [
    { type: "yizhan.message.received", subject: "oc_1", key: "m1" },
    { type: "yizhan.message.interaction", subject: "oc_1", key: "reply:m1" },
  ],
  raw: "<xml/>",
};

function planned(receivers: Parameters<typeof planForwards>[1], given: VerifiedCallback = callback) {
  let made = 0;
  return planForwards("wework", receivers, request, given, () => `f${++made}`);
}

describe("who gets a callback", () => {
  it("is every receiver that wants one of its Events, in the chat of the first", () => {
    const plan = planned([
      { name: "all", types: [] },
      { name: "clicks", types: ["yizhan.message.interaction"] },
      { name: "joins", types: ["yizhan.member.joined"] },
    ]);
    expect(plan).toMatchObject({
      chat: "oc_1",
      to: [
        { id: "f1", receiver: "all" },
        { id: "f2", receiver: "clicks" },
      ],
    });
  });

  it("is nobody where nobody wants it", () => {
    expect(planned([{ name: "joins", types: ["yizhan.member.joined"] }])).toBeUndefined();
  });

  it("is who wants everything, for a callback without any Event", () => {
    const plan = planned(
      [
        { name: "all", types: [] },
        { name: "joins", types: ["yizhan.member.joined"] },
      ],
      { events: [], raw: "x" },
    );
    expect(plan).toMatchObject({ chat: "", to: [{ receiver: "all" }] });
  });
});

describe("what tells a callback from its repeats", () => {
  const keyOf = (given: VerifiedCallback) => planned([{ name: "all", types: [] }], given)?.key;

  it("is what its Events go by, however it was encrypted", () => {
    expect(keyOf({ ...callback, raw: "another" })).toBe(keyOf(callback));
    expect(keyOf({ ...callback, events: callback.events.slice(0, 1) })).not.toBe(keyOf(callback));
  });

  it("is what it says, where there is no Event in it", () => {
    expect(keyOf({ events: [], raw: "a" })).toBe(keyOf({ events: [], raw: "a" }));
    expect(keyOf({ events: [], raw: "a" })).not.toBe(keyOf({ events: [], raw: "b" }));
  });
});

describe("what the platform said, decrypted", () => {
  it("is kept only for who gets it under keys of its own", () => {
    expect(planned([{ name: "all", types: [] }])).not.toHaveProperty("raw");
    expect(
      planned([
        { name: "all", types: [] },
        { name: "crm", types: [], seal: {} },
      ]),
    ).toMatchObject({ raw: "<xml/>" });
    expect(
      planned([
        { name: "all", types: [] },
        { name: "crm", types: ["yizhan.app.menu"], seal: {} },
      ]),
    ).not.toHaveProperty("raw");
  });
});
