/** What a text within an account is indexed by: two accounts may have the same. */
export function accountText(
  { tenant, platform, account }: { readonly tenant?: unknown; readonly platform?: unknown; readonly account?: unknown },
  text: string,
): string {
  return `${tenant}\n${platform}\n${account}\n${text}`;
}
