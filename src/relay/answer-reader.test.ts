import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerError, type AnswerHead } from "./answer-head.ts";
import { AnswerReader } from "./answer-reader.ts";

/** What a reader makes of the bytes when they come in these pieces. */
function read(bytes: Buffer, cuts: readonly number[], method = "GET"): unknown[] {
  const told: unknown[] = [];
  const bodies: Buffer[] = [];
  const reader = new AnswerReader(
    {
      onInterim: ({ status, headers }: AnswerHead) => told.push(["interim", status, headers]),
      onHead: ({ status, statusText, headers, isKept }) => told.push(["head", status, statusText, headers, isKept]),
      onBody: (piece) => bodies.push(Buffer.from(piece)),
      onComplete: () => told.push("complete"),
    },
    { headBytes: 4_096 },
  );
  reader.expect(method);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  try {
    let from = 0;
    for (const end of [...ends, bytes.length]) {
      reader.read(bytes.subarray(from, end));
      from = end;
    }
    told.push(["finished", reader.finish()]);
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    told.push("refused");
  }
  return [...told, Buffer.concat(bodies).toString("latin1")];
}

const text = fc.string({ unit: fc.constantFrom(..."abcXYZ019 \t;=/\xe9"), maxLength: 20 });
const name = fc.string({ unit: fc.constantFrom(..."abcXY-_z"), minLength: 1, maxLength: 12 });
const fields = fc.array(fc.tuple(name, text), { maxLength: 5 });
const piece = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const status = fc.constantFrom(200, 204, 304, 404, 503);

const framed = fc.oneof(
  piece.map((body) => ({ lines: [`Content-Length: ${body.length}`], body })),
  fc.array(piece, { maxLength: 4 }).map((pieces) => ({
    lines: ["Transfer-Encoding: Chunked"],
    body: `${pieces.map((each) => `${each.length.toString(16)};x="y"\r\n${each}\r\n`).join("")}0\r\nA: b\r\n\r\n`,
  })),
  piece.map((body) => ({ lines: [] as string[], body })),
);

const answer = fc
  .tuple(fc.boolean(), status, text, fields, framed)
  .map(([hasInterim, code, reason, lines, { lines: framing, body }]) => {
    const head = [`HTTP/1.1 ${code} ${reason}`, ...lines.map(([key, value]) => `${key}:${value}`), ...framing];
    return `${hasInterim ? "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" : ""}${head.join("\r\n")}\r\n\r\n${body}`;
  });

const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe("an answer", () => {
  it("means the same in whatever pieces it comes", () => {
    fc.assert(
      fc.property(answer, cuts, fc.constantFrom("GET", "HEAD"), (bytes, at, method) => {
        const whole = Buffer.from(bytes, "latin1");
        expect(read(whole, at, method)).toEqual(read(whole, [], method));
      }),
      { numRuns: 2_000 },
    );
  });

  it("that was damaged anywhere means the same in whatever pieces it comes, if anything", () => {
    fc.assert(
      fc.property(answer, fc.nat(), fc.nat(255), cuts, (bytes, at, byte, pieces) => {
        const whole = Buffer.from(bytes, "latin1");
        whole[at % whole.length] = byte;
        expect(read(whole, pieces)).toEqual(read(whole, []));
      }),
      { numRuns: 3_000 },
    );
  });

  it("is never more than an error, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (bytes, at) => void read(Buffer.from(bytes), at)),
      { numRuns: 2_000 },
    );
  });

  it("that begins like none is refused at once, and not waited for to its end", () => {
    for (const greeting of ["S", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2", "H\r\n", "\0"]) {
      expect([greeting, read(Buffer.from(greeting), [1])]).toEqual([greeting, ["refused", ""]]);
    }
    for (const begun of ["H", "HTTP/1.", "HTTP/1.1 200 OK\r\nX-A"]) {
      expect([begun, read(Buffer.from(begun), [1])]).toEqual([begun, [["finished", false], ""]]);
    }
  });
});
