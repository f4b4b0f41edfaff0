import * as z from "zod";
import { addressList } from "../receive/addresses.ts";
import { proxy } from "./proxy.ts";

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
  .meta({ expected: 'a name of 1 to 64 of a-z, 0-9, ".", "_" and "-" that begins with a letter or digit' });

/** The key of an account: a part of its callback's address, so it needs no escaping there. */
export const accountName = name;

/** What every entry of `accounts` may say beside what its platform asks for. */
export const commonAccount = z.strictObject({
  platform: z.string().min(1).meta({
    description: "The platform that calls; the other keys depend on it.",
    zh: "发来回调的平台，其余的键由它决定。",
  }),
  name: name.optional().meta({
    description:
      "Name in the callback's address, where it is another one than the key: accounts of two platforms may share a name, and keys cannot.",
    zh: "回调地址中的名称；缺省为键名。不同平台的账号可以同名，而键不能重复。",
  }),
  enabled: z.boolean().default(true).meta({
    description: "`false` leaves the account out; it may then be unfinished.",
    zh: "`false` 表示不使用该账号，此时内容可以不完整。",
  }),
  allowed_addresses: z
    .array(
      z
        .string()
        .max(64)
        .refine(isAddressRule)
        .meta({ expected: 'an IP address, a range such as 10.0.0.0/8, 10.0.0.*, or "platform"' }),
    )
    .min(1)
    .max(10_000)
    .optional()
    .meta({
      description:
        "Who may call: addresses, ranges (`10.0.0.0/8`), `10.0.0.*`, or `platform` for the list that WeCom and WeChat publish, asked for daily. Anyone whose signature is right, when absent.",
      zh: "允许的来源地址：IP、网段（`10.0.0.0/8`）、`10.0.0.*`，或 `platform`（企业微信与公众号公布的列表，每日更新）；缺省只验证签名。",
    }),
  proxy,
});

export const commonAccountKeys: readonly string[] = Object.keys(commonAccount.shape);

/** Stands for the list that the platform itself publishes. */
export const platformAddresses = "platform";

function isAddressRule(text: string): boolean {
  if (text === platformAddresses) return true;
  try {
    addressList([text]);
    return true;
  } catch {
    return false;
  }
}
