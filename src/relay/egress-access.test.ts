import { describe, expect, it } from "vitest";
import { EgressAccess, proxyPasswordIn } from "./egress-access.ts";

const access = new EgressAccess({
  callers: { has: (address) => address === "10.0.0.1" },
  keys: ["first-key-123456", "second"],
});

describe("the door outward", () => {
  it.each([
    ["a known address", "10.0.0.1", undefined, true],
    ["a known address with a wrong key", "10.0.0.1", "wrong", true],
    ["another address", "10.0.0.2", undefined, false],
    ["another address with a wrong key", "10.0.0.2", "first-key-12345", false],
    ["another address with one of the keys", "10.0.0.2", "second", true],
    ["another address with an empty key", "10.0.0.2", "", false],
  ])("for %s", (_who, address, key, admitted) => {
    expect(access.admits(address, key)).toBe(admitted);
  });
});

describe("the password of a proxy", () => {
  it.each([
    ["user and password", "Basic dTpwOnE=", "p:q"],
    ["any case of the scheme", "BASIC dTpw", "p"],
    ["no colon", "Basic dQ==", undefined],
    ["another scheme", "Bearer dTpw", undefined],
    ["nothing", undefined, undefined],
  ])("with %s", (_what, header, password) => {
    expect(proxyPasswordIn(header)).toBe(password);
  });
});
