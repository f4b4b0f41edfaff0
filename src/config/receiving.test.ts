import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineReceiver, refusal } from "../platforms/receiving.ts";
import type { Place } from "../receive/accounts.ts";
import { followingPublished, receivingAccountsOf } from "./receiving.ts";

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

  it("may follow the list that the platform publishes, beside addresses written out", () => {
    const allowedAddresses = ["platform", "10.0.0.1"];
    const receivingAccounts = [{ platform: "wecom", name: "oa", settings, allowedAddresses }];
    const asked: unknown[] = [];
    const published = (place: Place) => {
      asked.push(place);
      return { has: (address: string) => address === "203.0.113.9" };
    };
    const [account] = receivingAccountsOf({ receivingAccounts }, new Map([["wecom", receiver]]), published);
    const has = (address: string) => account?.addresses?.has(address);
    expect([has("10.0.0.1"), has("203.0.113.9"), has("203.0.113.8")]).toEqual([true, true, false]);
    expect(asked).toEqual([{ tenant: "default", platform: "wecom", account: "oa" }]);
    expect(followingPublished({ receivingAccounts })).toEqual(asked);
  });

  it("do not include those that the hub asks itself", () => {
    const receivingAccounts = [{ platform: "email", name: "box", settings }];
    expect(receivingAccountsOf({ receivingAccounts }, new Map([["wecom", receiver]]))).toEqual([]);
  });
});
