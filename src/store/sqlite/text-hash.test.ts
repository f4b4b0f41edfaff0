import { describe, expect, it } from "vitest";
import { textHash } from "./text-hash.ts";

describe("a text's hash", () => {
  it("is the one that earlier versions stored", () => {
    const texts = ["", "a", "default\nwecom\nmain\nmessage:1", "消息"];
    expect(texts.map(textHash)).toEqual([1436499461, 222320857, 1266961757, 1472219406]);
  });

  it("is a whole number of 31 bits, another one for almost every text", () => {
    const all = Array.from({ length: 10_000 }, (_, n) => textHash(`message:${n}`));
    expect(all.filter((hash) => !Number.isInteger(hash) || hash < 0 || hash >= 2 ** 31)).toEqual([]);
    expect(new Set(all).size).toBeGreaterThan(9_990);
  });
});
