import { describe, expect, it } from "vitest";
import { isSigningSecret, newSigningSecret, signedHeaders } from "./webhook-signature.ts";

// The example of https://github.com/standard-webhooks/standard-webhooks and of its libraries' tests.
const published = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  atMs: 1_614_265_330_000,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

describe("a signature", () => {
  it("is the published one for the published example", () => {
    const { id, atMs, body, secret, signature } = published;
    expect(signedHeaders(id, atMs, body, [{ secret }])).toEqual({
      "webhook-id": id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": signature,
    });
  });

  it("is of the second, whatever its fraction", () => {
    const { id, atMs, body, secret, signature } = published;
    expect(signedHeaders(id, atMs + 999, body, [{ secret }])["webhook-signature"]).toBe(signature);
  });

  it("is made with the new and the old secret while one replaces the other, and not longer", () => {
    const { id, atMs, body, secret, signature } = published;
    const secrets = [{ secret: newSigningSecret() }, { secret, until: atMs + 1 }];
    const both = signedHeaders(id, atMs, body, secrets)["webhook-signature"].split(" ");
    expect(both).toHaveLength(2);
    expect(both[1]).toBe(signature);
    expect(signedHeaders(id, atMs + 1, body, secrets)["webhook-signature"].split(" ")).toHaveLength(1);
  });
});

describe("a secret", () => {
  it("that is made can be used, and is never the same twice", () => {
    expect(isSigningSecret(newSigningSecret())).toBe(true);
    expect(newSigningSecret()).not.toBe(newSigningSecret());
  });

  const bytes = (count: number) => `whsec_${Buffer.alloc(count, 7).toString("base64")}`;
  it.each([
    ["the published one", published.secret, true],
    ["24 bytes", bytes(24), true],
    ["23 bytes", bytes(23), false],
    ["64 bytes", bytes(64), true],
    ["65 bytes", bytes(65), false],
    ["no prefix", published.secret.slice(6), false],
    ["another alphabet", `whsec_${"-_".repeat(20)}`, false],
    ["nothing", "", false],
  ])("of %s", (_name, text, good) => {
    expect(isSigningSecret(text)).toBe(good);
  });
});
