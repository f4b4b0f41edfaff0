import { describe, expect, it } from "vitest";
import { AnswerReader } from "./answer-reader.ts";

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 12\r\n\r\n{"code":200}';

function read(...chunks: string[]) {
  const reader = new AnswerReader();
  return chunks.map((chunk) => reader.read(Buffer.from(chunk, "latin1")));
}

describe("an answer", () => {
  it("is read from one chunk", () => {
    expect(read(answer)).toEqual([{ status: 200, body: '{"code":200}' }]);
  });

  it("is read however the network cut it", () => {
    for (let at = 1; at < answer.length; at++) {
      expect(read(answer.slice(0, at), answer.slice(at))).toEqual([undefined, { status: 200, body: '{"code":200}' }]);
    }
  });

  it("is followed by the next on the same connection", () => {
    const refusal = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}";
    expect(read(answer, refusal).map((each) => each?.status)).toEqual([200, 429]);
  });

  it("that nobody asked for is an error", () => {
    expect(() => read(answer + answer)).toThrow("more bytes than one answer");
  });

  it("without a length is an error", () => {
    expect(() => read("HTTP/1.1 200 OK\r\n\r\n")).toThrow("Content-Length");
  });

  it("of another protocol is an error", () => {
    expect(() => read("SSH-2.0-OpenSSH\r\n\r\n")).toThrow("not an HTTP/1.1 answer");
  });
});
