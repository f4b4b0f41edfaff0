import { describe, expect, it } from "vitest";
import { answerHeaders, locationRewriter } from "./answer-headers.ts";

const stay = (location: string) => location;

describe("an answer's fields", () => {
  it("keep order, case, repeats and bytes", () => {
    const raw = [
      "Set-Cookie",
      "a=1",
      "X-B",
      "\xe9",
      "set-cookie",
      "b",
      "Content-Encoding",
      "gzip",
      "Content-Length",
      "5",
    ];
    expect(answerHeaders(raw, 200, stay)).toEqual(raw);
  });

  it.each([
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Proxy-Authenticate",
  ])("lose what is for one connection: %s", (name) => {
    expect(answerHeaders(["A", "1", name, "x", "B", "2"], 200, stay)).toEqual(["A", "1", "B", "2"]);
  });

  it("lose what Connection lists", () => {
    const raw = ["X-One", "1", "connection", "X-ONE, close, Content-Length", "Content-Length", "0", "B", "2"];
    expect(answerHeaders(raw, 200, stay)).toEqual(["Content-Length", "0", "B", "2"]);
  });

  it.each([
    [200, true],
    [304, true],
    [204, false],
    [103, false],
  ])("tell a length with %i: %j", (status, isTold) => {
    expect(answerHeaders(["Content-Length", "7"], status, stay).length).toBe(isTold ? 2 : 0);
  });
});

describe("a Location", () => {
  const rewrite = locationRewriter(["http://inner/app", "https://other:8443"], "/p");

  it.each([
    ["http://inner/app", "/p"],
    ["http://inner/app/x?y#z", "/p/x?y#z"],
    ["HTTP://INNER:80/app/x", "/p/x"],
    ["http://inner/app?x", "/p?x"],
    ["https://other:8443/%0d%0aX", "/p/%0d%0aX"],
    ["http://inner/apple", "http://inner/apple"],
    ["http://inner/", "http://inner/"],
    ["http://inner.evil/app", "http://inner.evil/app"],
    ["https://inner/app", "https://inner/app"],
    ["http://inner:8080/app", "http://inner:8080/app"],
    ["//inner/app/x", "//inner/app/x"],
    ["/app/x", "/app/x"],
    ["x", "x"],
    ["", ""],
    ["/go?to=http://inner/app", "/go?to=http://inner/app"],
  ])("%j becomes %j", (location, expected) => {
    expect(rewrite(location)).toBe(expected);
    expect(answerHeaders(["location", location], 302, rewrite)).toEqual(["location", expected]);
  });
});
