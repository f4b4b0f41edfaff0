import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, headerIn } from "./stream-frame.ts";
import { createSlices } from "./stream-slices.ts";

describe("a frame of the long connection", () => {
  it("is written as the official SDK writes it", () => {
    // The ping of @larksuiteoapi/node-sdk, for service 33554678.
    const ping = "0800100018f681801020002a0c0a0474797065120470696e67";
    const frame = { seqId: 0n, logId: 0n, service: 33_554_678, method: 0, headers: [["type", "ping"]] as const };
    expect(Buffer.from(encodeFrame(frame)).toString("hex")).toBe(ping);
    expect(decodeFrame(Buffer.from(ping, "hex"))).toMatchObject(frame);
  });

  it("comes back as it was, with every digit of its 64-bit ids", () => {
    const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const text = fc.string({ unit: "grapheme", maxLength: 20 });
    const frames = fc.record({
      seqId: uint64,
      logId: uint64,
      service: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      method: fc.constantFrom(0, 1),
      headers: fc.array(fc.tuple(text, text), { maxLength: 5 }),
      payloadEncoding: fc.option(text, { nil: undefined }),
      payloadType: fc.option(text, { nil: undefined }),
      payload: fc.option(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        { nil: undefined },
      ),
      logIdNew: fc.option(text, { nil: undefined }),
    });
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
      }),
    );
  });

  it("passes over fields it does not know", () => {
    const frame = Buffer.from("0800100018012001", "hex");
    const unknown = Buffer.from(["7a0361626390010a", "a1010102030405060708", "ad0101020304"].join(""), "hex");
    expect(decodeFrame(Buffer.concat([unknown, frame, unknown]))).toMatchObject({ service: 1, method: 1 });
  });

  it.each([
    ["nothing", ""],
    ["a number that does not end", "08ff"],
    ["a number of more than ten bytes", "08ffffffffffffffffffffff01"],
    ["a length beyond the end", "0800100018012001420a00"],
    ["a group, which proto2 has and these frames have not", "0800100018012001430b"],
    ["no method", "080010001801"],
    ["a header without a value", "08001000180120012a030a0161"],
  ])("is not read from %s", (_what, hex) => {
    expect(decodeFrame(Buffer.from(hex, "hex"))).toBeUndefined();
  });

  it("is read from any bytes without an error", () => {
    const nearly = Buffer.from("0800100018f681801020002a0c0a0474797065120470696e6742024f4b", "hex");
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .tuple(fc.nat(nearly.length - 1), fc.nat(255))
        .map(([at, value]) => Buffer.from(nearly).fill(value, at, at + 1)),
    );
    const read = fc.property(bytes, (one) => {
      const frame = decodeFrame(one);
      if (frame) headerIn(frame, "type");
    });
    expect(() => fc.assert(read, { numRuns: 100_000 })).not.toThrow();
  });
});

describe("an event in slices", () => {
  const bytes = (text: string) => Buffer.from(text);

  it("is whole when the last of them is there, in whatever order they came", () => {
    const slices = createSlices();
    expect(slices.add("a", 3, 2, bytes("c"), 0)).toBeUndefined();
    expect(slices.add("a", 3, 0, bytes("a"), 0)).toBeUndefined();
    expect(slices.add("b", 2, 0, bytes("x"), 0)).toBeUndefined();
    expect(String(slices.add("a", 3, 1, bytes("b"), 0))).toBe("abc");
  });

  it("is forgotten when it is not whole after ten seconds; then it comes again", () => {
    const slices = createSlices();
    slices.add("a", 2, 0, bytes("old"), 0);
    expect(slices.add("a", 2, 1, bytes("b"), 10_000)).toBeUndefined();
    expect(String(slices.add("a", 2, 0, bytes("a"), 10_001))).toBe("ab");
  });

  it("counts a slice that came twice once", () => {
    const slices = createSlices();
    slices.add("a", 2, 0, bytes("a"), 0);
    expect(slices.add("a", 2, 0, bytes("a"), 0)).toBeUndefined();
    expect(String(slices.add("a", 2, 1, bytes("b"), 0))).toBe("ab");
  });

  it.each([
    [0, 0],
    [257, 0],
    [Number.NaN, 0],
    [2, 2],
    [2, -1],
    [2, 0.5],
  ])("of %d, the one at %d is not taken", (count, place) => {
    expect(createSlices().add("a", count, place, bytes("a"), 0)).toBeUndefined();
  });

  it("makes room for newer ones, the oldest first", () => {
    const slices = createSlices();
    for (let event = 0; event <= 100; event++) slices.add(`e${event}`, 2, 0, bytes("a"), event);
    expect(slices.add("e0", 2, 1, bytes("b"), 101)).toBeUndefined();
    expect(String(slices.add("e100", 2, 1, bytes("b"), 101))).toBe("ab");
  });
});
