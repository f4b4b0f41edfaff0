import type { RemoteReplier } from "../dispatch/repliers.ts";
import { type TargetProblem, targetProblem } from "../dispatch/target.ts";
import type { ConfiguredAccount } from "./config.ts";
import type { Path } from "./problem.ts";
import type { Reader } from "./reader.ts";
import { replierSchema } from "./replier-schema.ts";

export interface ReplierSurroundings {
  /** Those that are configured and switched on. */
  readonly accounts: readonly Pick<ConfiguredAccount, "platform" | "name">[];
  /** May they reach loopback, private and link-local addresses? As for subscriptions. */
  readonly allowPrivate: boolean;
}

/** Reads `replies`: the programs that people are replied to by, in the order they are asked. */
export function readRepliers(reader: Reader, { accounts, allowPrivate }: ReplierSurroundings): RemoteReplier[] {
  return Array.from({ length: reader.lengthOf(["replies"]) }).flatMap((_, index) => {
    const path: Path = ["replies", index];
    const written = reader.read(replierSchema, path);
    if (!written) return [];
    const { url, secret, types, account, tries } = written;
    const problem = targetProblem(url, allowPrivate);
    if (problem) reader.problem([...path, "url"], wordsFor[problem]);
    if (account !== undefined && !accounts.some(({ platform, name }) => `${platform}/${name}` === account)) {
      const words = `found "${account}", but there is no such account that is switched on, expected the platform and name of one`;
      reader.problem([...path, "account"], words);
    }
    return [{ url, secret, types, tries, ...(account === undefined ? {} : { accounts: [account] }) }];
  });
}

const wordsFor: Readonly<Record<TargetProblem, string>> = {
  "not-http": "expected an address beginning with https:// or http://",
  credentials: "found a user or password in the address, expected none: requests are signed with secret",
  private: "found an address of the hub's own network, expected another one, or subscriptions.allow_private: true",
};
