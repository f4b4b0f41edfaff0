import { describe, expect, it } from "vitest";
import { type Arrival, Inbox } from "./inbox.ts";

describe("an inbox", () => {
  it("keeps messages in the order of their arrival, and finds them by place and by seq", () => {
    const inbox = new Inbox({ messages: 10, bytes: 1_000 });
    for (const [token, text] of [
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ] as const)
      inbox.add(arrival({ token, text }));
    expect(inbox.list().map(({ seq, text }) => [seq, text])).toEqual([
      [1, "1"],
      [2, "2"],
      [3, "3"],
    ]);
    expect(inbox.list({ token: "a" }).map(({ text }) => text)).toEqual(["1", "3"]);
    expect(inbox.list({ since: 2 }).map(({ text }) => text)).toEqual(["3"]);
    expect(inbox.list({ limit: 1 }).map(({ text }) => text)).toEqual(["1"]);
    expect(inbox.list({ platform: "wecom" })).toEqual([]);
  });

  it("that is full lets the oldest fall out, and counts them", () => {
    const inbox = new Inbox({ messages: 3, bytes: 1_000 });
    for (let n = 1; n <= 8; n++) inbox.add(arrival({ text: `${n}` }));
    expect(inbox.list().map(({ seq }) => seq)).toEqual([6, 7, 8]);
    expect([inbox.kept, inbox.fellOut, inbox.last]).toEqual([3, 5, 8]);
  });

  it("is bounded in bytes too, but always keeps the newest", () => {
    const inbox = new Inbox({ messages: 100, bytes: 25 });
    for (let n = 1; n <= 4; n++) inbox.add(arrival({ text: `${n}`, bytes: 10 }));
    expect(inbox.list().map(({ seq }) => seq)).toEqual([3, 4]);
    inbox.add(arrival({ text: "large", bytes: 1_000 }));
    expect(inbox.list().map(({ seq }) => seq)).toEqual([5]);
    inbox.add(arrival({ text: "small", bytes: 10 }));
    expect(inbox.list().map(({ seq }) => seq)).toEqual([6]);
  });

  it("marks a text that the same place has shown before", () => {
    const inbox = new Inbox({ messages: 3, bytes: 1_000 });
    const texts = [
      ["a", "x"],
      ["b", "x"],
      ["a", "x"],
      ["a", "y"],
    ] as const;
    expect(texts.map(([token, text]) => inbox.add(arrival({ token, text })).duplicateOf)).toEqual([
      undefined,
      undefined,
      1,
      undefined,
    ]);
    // The first has fallen out by now, so there is nothing left to point at.
    expect(inbox.add(arrival({ token: "a", text: "x" })).duplicateOf).toBeUndefined();
  });

  it("that was emptied goes on counting", () => {
    const inbox = new Inbox({ messages: 3, bytes: 1_000 });
    for (let n = 1; n <= 4; n++) inbox.add(arrival({ text: `${n}` }));
    inbox.clear();
    expect([inbox.kept, inbox.fellOut, inbox.list()]).toEqual([0, 0, []]);
    expect(inbox.add(arrival({ text: "1" }))).toMatchObject({ seq: 5 });
    expect(inbox.list().map(({ seq }) => seq)).toEqual([5]);
  });
});

function arrival(over: Partial<Arrival>): Arrival {
  return {
    type: "text",
    body: {},
    text: "",
    mentions: [],
    time: 0,
    platform: "feishu",
    token: "a",
    headers: {},
    bytes: 1,
    ...over,
  };
}
