import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineReceiver, refusal } from "../platforms/receiving.ts";
import { receivingAccountsOf } from "./receiving.ts";

const receiver = defineReceiver({ account: z.unknown(), receive: () => refusal("malformed", "a test") });
const settings = { token: "t" };

describe("the accounts that platforms call", () => {
  it("are the default tenant's, each with what reads it", () => {
    const receivingAccounts = [{ platform: "wecom", name: "oa", settings }];
    expect(receivingAccountsOf({ receivingAccounts }, new Map([["wecom", receiver]]))).toEqual([
      { tenant: "default", platform: "wecom", name: "oa", receiver, settings },
    ]);
  });

  it("let in only the addresses that are allowed", () => {
    const receivingAccounts = [{ platform: "wecom", name: "oa", settings, allowedAddresses: ["10.0.0.*", "::1"] }];
    const [account] = receivingAccountsOf({ receivingAccounts }, new Map([["wecom", receiver]]));
    const asked = ["10.0.0.7", "::1", "::ffff:10.0.0.7", "10.0.1.7"].map((address) => account?.addresses?.has(address));
    expect(asked).toEqual([true, true, true, false]);
  });

  it("do not include those that the hub asks itself", () => {
    const receivingAccounts = [{ platform: "email", name: "box", settings }];
    expect(receivingAccountsOf({ receivingAccounts }, new Map([["wecom", receiver]]))).toEqual([]);
  });
});
