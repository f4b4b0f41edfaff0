import { describe, expect, it } from "vitest";
import { type RequestOrigin, requestHeaders } from "./request-headers.ts";
import { clientAddress, plainAddress, type Trust, trustAnybody, trustNobody } from "./trust.ts";

const listed: Trust = { kind: "listed", has: (address) => address.startsWith("10.") };
const origin: RequestOrigin = { method: "GET", httpVersion: "1.1", peer: "10.0.0.1", isTls: false };

interface Case {
  readonly raw?: readonly string[];
  readonly origin?: Partial<RequestOrigin>;
  readonly trust?: Trust;
  readonly keepHost?: boolean;
}

function headers({ raw = [], origin: changed = {}, trust = trustNobody, keepHost = false }: Case): string[] {
  const lines = requestHeaders(
    ["Host", "public.example", ...raw],
    { ...origin, ...changed },
    { trust, keepHost, via: "me" },
  );
  return Array.from({ length: lines.length / 2 }, (_, at) => `${lines[2 * at]}: ${lines[2 * at + 1]}`);
}

/** What the relay says itself, when nothing else is said. */
const own = [
  "X-Forwarded-For: 10.0.0.1",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: public.example",
  "X-Forwarded-Port: 80",
  "X-Real-IP: 10.0.0.1",
  "Via: 1.1 me",
];

describe("a request's fields", () => {
  it("keep order, case, repeats and bytes", () => {
    expect(headers({ raw: ["X-B", "1", "x-a", "\xe9", "X-B", "", "Cookie", "a=1", "cookie", "b"] })).toEqual([
      "X-B: 1",
      "x-a: \xe9",
      "X-B: ",
      "Cookie: a=1",
      "cookie: b",
      ...own,
    ]);
  });

  it.each([
    ["Connection", "keep-alive"],
    ["Keep-Alive", "timeout=5"],
    ["Proxy-Connection", "close"],
    ["TE", "trailers"],
    ["Trailer", "X"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "h2c"],
    ["Proxy-Authenticate", "Basic"],
    ["Proxy-Authorization", "Basic YTpi"],
    ["Proxy-Authentication-Info", "a=b"],
    ["Expect", "100-continue"],
    ["Forwarded", "for=1.2.3.4"],
  ])("lose what is for one connection: %s", (name, value) => {
    expect(headers({ raw: ["A", "1", name, value, "B", "2"] })).toEqual(["A: 1", "B: 2", ...own]);
  });

  it("lose what Connection lists, before or after, in any case, but nothing that the relay says", () => {
    const raw = [
      "X-One",
      "1",
      "Connection",
      "close, x-ONE ,X-Two",
      "x-two",
      "2",
      "Connection",
      "Via, X-Forwarded-For",
      "C",
      "3",
    ];
    expect(headers({ raw })).toEqual(["C: 3", ...own]);
  });

  it("cannot be robbed of the body's length", () => {
    expect(headers({ raw: ["Connection", "content-length", "Content-Length", "5"] })).toEqual([
      "Content-Length: 5",
      ...own,
    ]);
  });

  it.each(["POST", "PUT", "PATCH"])("say that there is no body of a %s", (method) => {
    expect(headers({ origin: { method } })).toEqual(["Content-Length: 0", ...own]);
    expect(headers({ origin: { method }, raw: ["Transfer-Encoding", "chunked"] })).toEqual(own);
  });

  it("keep Host where it is to be kept", () => {
    expect(headers({ keepHost: true })).toEqual(["Host: public.example", ...own]);
  });

  it("count hops down for OPTIONS, and for it alone", () => {
    const raw = ["Max-Forwards", "5"];
    expect(headers({ raw, origin: { method: "OPTIONS" } })[0]).toBe("Max-Forwards: 4");
    expect(headers({ raw })[0]).toBe("Max-Forwards: 5");
    expect(headers({ raw: ["Max-Forwards", "x"], origin: { method: "OPTIONS" } })[0]).toBe("Max-Forwards: x");
  });

  it("say who passed it on before", () => {
    const raw = ["Via", "1.0 fred", "via", "1.1 wilma (x)"];
    expect(headers({ raw, origin: { httpVersion: "1.0" } }).at(-1)).toBe("Via: 1.0 fred, 1.1 wilma (x), 1.0 me");
  });
});

describe("where a request came from", () => {
  const forged = [
    "x-forwarded-for",
    "6.6.6.6",
    "X-Forwarded-Proto",
    "https",
    "X-Forwarded-Host",
    "evil",
    "X-Forwarded-Port",
    "1",
  ];
  const more = ["X-Real-IP", "6.6.6.6", "X-Forwarded-Prefix", "/evil", "X_Forwarded_For", "6.6.6.6"];

  it("is nothing that somebody says who is not trusted", () => {
    expect(headers({ raw: [...forged, ...more] })).toEqual(own);
    expect(headers({ raw: [...forged, ...more], trust: listed, origin: { peer: "11.0.0.1" } })).toEqual(
      own.map((line) => line.replace("10.0.0.1", "11.0.0.1")),
    );
  });

  it("is what a trusted proxy says, and the proxy", () => {
    const raw = ["X-Forwarded-For", "1.2.3.4", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "a.example:8443"];
    expect(headers({ raw: [...raw, "X-Forwarded-Prefix", "/x"], trust: listed })).toEqual([
      "X-Forwarded-Prefix: /x",
      "X-Forwarded-For: 1.2.3.4, 10.0.0.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: a.example:8443",
      "X-Forwarded-Port: 8443",
      "X-Real-IP: 1.2.3.4",
      "Via: 1.1 me",
    ]);
  });

  it.each([
    [{ origin: { isTls: true } }, "https", "443"],
    [{ raw: ["X-Forwarded-Port", "444"], trust: trustAnybody }, "http", "444"],
  ])("has a port: %j", (given, proto, port) => {
    expect(headers(given)).toEqual(
      expect.arrayContaining([`X-Forwarded-Proto: ${proto}`, `X-Forwarded-Port: ${port}`]),
    );
  });
});

describe("who asked first", () => {
  it.each([
    [trustNobody, "10.0.0.1", "1.1.1.1", "10.0.0.1"],
    [listed, "10.0.0.1", undefined, "10.0.0.1"],
    [listed, "11.0.0.1", "1.1.1.1", "11.0.0.1"],
    [listed, "10.0.0.1", "1.1.1.1", "1.1.1.1"],
    [listed, "10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"],
    [listed, "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    [listed, "10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"],
    [listed, "10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1"],
    [listed, "10.0.0.1", "2001:db8::1", "2001:db8::1"],
    [trustAnybody, "10.0.0.1", "1.1.1.1, 2.2.2.2", "1.1.1.1"],
  ])("%#", (trust, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, trust)).toBe(expected);
  });

  it("is IPv4 where it came in as such", () => {
    expect(["::ffff:1.2.3.4", "::1", "1.2.3.4", ""].map(plainAddress)).toEqual(["1.2.3.4", "::1", "1.2.3.4", ""]);
  });
});
