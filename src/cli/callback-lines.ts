import { defaultTenant } from "../model/recipient.ts";

/**
 * What an operator copies into the platforms' admin pages, a line each; nothing when nobody calls.
 *
 * @param url The hub's own, without a slash at its end. Platforms need another one that they can reach, but the
 * path is the same.
 */
export function callbackLines(
  url: string,
  accounts: readonly { readonly platform: string; readonly name: string }[],
): string[] {
  const called = accounts.filter(({ platform }) => platform !== fetched);
  if (called.length === 0) return [];
  const width = Math.max(...called.map((account) => labelOf(account).length));
  return [
    "Callback addresses, behind your public one 回调地址（前缀换成公网域名）:",
    ...called.map((account) => {
      const { platform, name } = account;
      return `  ${labelOf(account).padEnd(width)}  ${url}/callbacks/${defaultTenant}/${platform}/${name}`;
    }),
  ];
}

/** The accounts that a configuration describes, a line each, with the path of their callbacks. */
export function accountLines(accounts: readonly { readonly platform: string; readonly name: string }[]): string[] {
  const width = Math.max(0, ...accounts.map(({ platform, name }) => `${platform}/${name}`.length));
  return accounts.map(({ platform, name }) => {
    const path =
      platform === fetched ? "read by the hub 由本服务读取" : `/callbacks/${defaultTenant}/${platform}/${name}`;
    return `  ${`${platform}/${name}`.padEnd(width)}  ${path}`;
  });
}

/** Mailboxes are asked by the hub. */
const fetched = "email";

function labelOf({ platform, name }: { readonly platform: string; readonly name: string }): string {
  return `${platform} ${name}`;
}
