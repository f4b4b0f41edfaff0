import { describe, expect, it } from "vitest";
import type { ForwardedRequest } from "../model/forward.ts";
import { callbackRequestOf, resealedRequest } from "./resealed-request.ts";

const request: ForwardedRequest = {
  method: "POST",
  path: "/a%2Fb",
  query: "msg%5Fsignature=old&x=%2B+1&&nonce=n&y",
  headers: ["Content-Type", "text/xml", "X-Sign", "old", "x-sign", "older", "X-Other", "1"],
  body: Buffer.from("old"),
};

describe("a request that is sealed anew", () => {
  it("has parameters and headers in the place of those of their names, however they were written", () => {
    const query = { msg_signature: "a+/=", nonce: undefined };
    expect(resealedRequest(request, { query, headers: { "X-Sign": "new" }, body: "new" })).toEqual({
      method: "POST",
      path: "/a%2Fb",
      query: "x=%2B+1&y&msg_signature=a%2B%2F%3D",
      headers: ["Content-Type", "text/xml", "X-Other", "1", "X-Sign", "new"],
      body: Buffer.from("new"),
    });
  });

  it("stays byte for byte where nothing is sealed", () => {
    const came = { ...request, query: "a=%zz&b=%2B" };
    expect(resealedRequest(came, { query: {}, headers: {}, body: came.body })).toEqual(came);
    const none = { ...request, query: undefined };
    expect(resealedRequest(none, { query: { a: undefined }, headers: {}, body: none.body })).toEqual(none);
  });

  it("is read as a callback was: names in lower case, repeats together", () => {
    const { query, headers } = callbackRequestOf(request);
    expect(query.get("msg_signature")).toBe("old");
    expect(headers).toEqual({ "content-type": "text/xml", "x-sign": ["old", "older"], "x-other": "1" });
  });
});
