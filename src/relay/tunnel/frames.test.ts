import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { END, FrameError, frameType, longestData, longestPayload } from "./frames.ts";
import { answerHeadIn, openHeadIn } from "./heads.ts";

interface Heard {
  readonly type: number;
  readonly stream: number;
  readonly payload: string;
  readonly isLast: boolean;
}

/** Frames as they are read; the pieces of one DATA frame are told apart by nobody, so they are put together. */
function reading() {
  const heard: Heard[] = [];
  const reader = new FrameReader({
    onFrame: (type, flags, stream, payload) =>
      heard.push({ type, stream, payload: payload.toString("latin1"), isLast: (flags & END) !== 0 }),
    onData: (stream, bytes, isLast) => heard.push({ type: 2, stream, payload: bytes.toString("latin1"), isLast }),
  });
  return { reader, heard };
}

/** What a writer wrote, message by message. */
function written(write: (writer: FrameWriter) => void): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const writer = new FrameWriter((bytes) => messages.push(bytes));
  write(writer);
  writer.flush();
  return messages;
}

/** The same bytes, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const limits = { answerMs: 30_000, idleMs: 5_000 };
const latin1 = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 30 })
  .map((text) => text.replace(/[\x7f-\x9f]/g, ""));
const names = fc.constantFrom("Content-Type", "set-cookie", "X-1", "a!#$%&'*+-.^_`|~");
const headers = fc.array(fc.tuple(names, latin1), { maxLength: 6 }).map((pairs) => pairs.flat());
const bytes = fc.uint8Array({ maxLength: 40 });

describe("frames", () => {
  it("come back as they were written, wherever their bytes are cut", () => {
    const frame = fc.oneof(
      fc.record({ kind: fc.constant("open" as const), headers, body: bytes, isLast: fc.boolean() }),
      fc.record({ kind: fc.constant("head" as const), headers, body: bytes, isLast: fc.boolean() }),
      fc.record({ kind: fc.constant("data" as const), body: bytes, isLast: fc.boolean() }),
      fc.record({ kind: fc.constant("window" as const), bytes: fc.nat() }),
      fc.record({ kind: fc.constant("reset" as const), words: latin1 }),
      fc.record({ kind: fc.constant("ping" as const) }),
    );
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(), { maxLength: 10 }), (row, at) => {
        const messages = written((writer) => {
          for (const one of row) {
            if (one.kind === "open") {
              writer.open(7, { method: "POST", path: "/a?b", headers: one.headers }, limits, one);
            } else if (one.kind === "head")
              writer.head(7, { status: 200, statusText: "OK", headers: one.headers }, one);
            else if (one.kind === "data") writer.data(7, one.body, one.isLast);
            else if (one.kind === "window") writer.window(7, one.bytes);
            else if (one.kind === "reset") writer.reset(7, 3, true, one.words);
            else writer.ping();
          }
        });
        const whole = Buffer.concat(messages);
        const [once, again] = [reading(), reading()];
        once.reader.push(whole);
        for (const piece of cut(whole, at)) again.reader.push(piece);
        expect(joined(again.heard)).toEqual(joined(once.heard));
        expect(once.heard.map(({ type }) => type)).toEqual(row.map(({ kind }) => frameType[kind]));
        for (const [index, one] of row.entries()) {
          const payload = Buffer.from(once.heard[index]?.payload ?? "", "latin1");
          if (one.kind === "open") {
            expect(openHeadIn(payload)).toEqual({
              method: "POST",
              path: "/a?b",
              headers: one.headers,
              limits,
              body: Buffer.from(one.body),
            });
          } else if (one.kind === "head") {
            const head = { status: 200, statusText: "OK", headers: one.headers, body: Buffer.from(one.body) };
            expect(answerHeadIn(payload)).toEqual(head);
          } else if (one.kind === "data") expect(payload).toEqual(Buffer.from(one.body));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("are read from any bytes with nothing thrown but a FrameError", () => {
    const plausible = Buffer.concat(
      written((writer) => {
        writer.open(1, { method: "GET", path: "/", headers: ["Host", "a"] }, limits, { isLast: true });
        writer.data(1, Buffer.from("abc"), false);
        writer.head(1, { status: 204, statusText: "", headers: [] }, { isLast: true });
        writer.goaway("x");
      }),
    );
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)),
      fc
        .tuple(fc.nat(plausible.length - 1), fc.nat(255))
        .map(([at, value]) => Buffer.from(plausible).fill(value, at, at + 1)),
    );
    let read = 0;
    const tries = fc.property(hostile, (some) => {
      const reader = new FrameReader({
        onFrame: (type, _flags, _stream, payload) => {
          read++;
          if (type === frameType.open) openHeadIn(payload);
          else answerHeadIn(payload);
        },
        onData: () => {},
      });
      try {
        reader.push(some);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
      }
    });
    expect(() => fc.assert(tries, { numRuns: 100_000 })).not.toThrow();
    expect(read).toBeGreaterThan(10_000);
  });

  it.each([
    ["of a type that there is not", "000000 0a 00 00000001"],
    ["of type 0", "000000 00 00 00000001"],
    ["longer than any", "020001 01 00 00000001"],
    ["of DATA longer than any", "010001 02 00 00000001"],
    ["of a stream, on none", "000000 02 01 00000000"],
    ["of the connection, on a stream", "000000 05 00 00000001"],
    ["of a PING with a payload", "000001 05 00 00000000 00"],
    ["of a WINDOW with five bytes", "000005 04 00 00000001 0000000000"],
  ])("%s are refused", (_what, hex) => {
    const { reader } = reading();
    expect(() => reader.push(Buffer.from(hex.replaceAll(" ", ""), "hex"))).toThrow(FrameError);
  });

  it("of one turn are one message; a large piece of a body is one of its own, and not copied", () => {
    const large = Buffer.alloc(longestData, 1);
    const messages = written((writer) => {
      writer.data(1, Buffer.from("small"), false);
      writer.data(2, large, true);
      writer.window(3, 5);
      writer.window(4, 5);
    });
    expect(messages.map(({ length }) => length)).toEqual([9 + 5 + 9, longestData, 2 * (9 + 4)]);
    expect(messages[1]).toBe(large);
  });

  it("never write into memory that was given away", () => {
    const messages: { bytes: Uint8Array; was: string }[] = [];
    const writer = new FrameWriter((given) => messages.push({ bytes: given, was: Buffer.from(given).toString("hex") }));
    for (let id = 1; id < 40; id++) {
      writer.data(id, Buffer.alloc(id * 200, id), false);
      if (id % 3 === 0) writer.flush();
    }
    writer.flush();
    expect(messages.length).toBeGreaterThan(10);
    for (const { bytes: given, was } of messages) expect(Buffer.from(given).toString("hex")).toBe(was);
  });

  it("with a head that no frame holds are not written", () => {
    const messages = written((writer) => {
      const long = ["X-Long", "é".repeat(longestPayload / 2)];
      expect(writer.open(1, { method: "GET", path: "/", headers: long }, limits, { isLast: true })).toBe(false);
      expect(writer.head(1, { status: 200, statusText: "OK", headers: long }, { isLast: true })).toBe(false);
      // As long, but in bytes that UTF-8 writes as they are.
      const fits = ["X-Long", "e".repeat(longestPayload - 200)];
      expect(writer.head(1, { status: 200, statusText: "OK", headers: fits }, { isLast: true })).toBe(true);
    });
    expect(messages).toHaveLength(1);
  });
});

describe("a head", () => {
  const headBytes = (texts: readonly string[], fields: number) => {
    const text = Buffer.from(texts.join("\0"));
    const fixed = Buffer.alloc(8);
    fixed.writeUInt16BE(200, 0);
    fixed.writeUInt16BE(fields, 2);
    fixed.writeUInt32BE(text.length, 4);
    return Buffer.concat([fixed, text]);
  };

  it("is read", () => {
    expect(answerHeadIn(headBytes(["A", "b", "OK"], 1))).toMatchObject({ headers: ["A", "b"], statusText: "OK" });
  });

  it.each([
    ["fewer texts than it says", headBytes(["A", "b", "OK"], 2)],
    ["more texts than it says, as from a value with a NUL", headBytes(["A", "b", "c", "OK"], 1)],
    ["a name with a blank", headBytes(["A b", "c", "OK"], 1)],
    ["no name", headBytes(["", "c", "OK"], 1)],
    ["a line end in a value", headBytes(["A", "b\r\nC: d", "OK"], 1)],
    ["a line end in the status", headBytes(["A", "b", "OK\r\nC: d"], 1)],
    ["bytes that are not UTF-8", Buffer.concat([headBytes(["A", "b", "OK"], 1).subarray(0, -1), Buffer.of(0xff)])],
    ["characters that HTTP has not", headBytes(["A", "č", "OK"], 1)],
    ["a length beyond its end", headBytes(["A", "b", "OK"], 1).subarray(0, -1)],
    ["too few bytes", Buffer.alloc(7)],
  ])("with %s is none", (_what, payload) => {
    expect(answerHeadIn(payload)).toBeUndefined();
  });
});

/** DATA frames of one row put together: where their bytes were cut says nothing. */
function joined(heard: readonly Heard[]): Heard[] {
  const result: Heard[] = [];
  for (const one of heard) {
    const last = result.at(-1);
    if (one.type === frameType.data && last?.type === frameType.data && !last.isLast) {
      result[result.length - 1] = { ...one, payload: last.payload + one.payload };
    } else result.push(one);
  }
  return result;
}
