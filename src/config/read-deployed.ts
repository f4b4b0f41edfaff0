import type { Platform } from "../platforms/definition.ts";
import { AccountReader, type AccountSchemas } from "./accounts.ts";
import type { ConfiguredAccount, ConfiguredRecipient } from "./config.ts";
import { type DeployedAccount, deployedAccounts, deployedRobot, robotAlias } from "./deployed.ts";
import type { Environment } from "./environment.ts";
import type { Problem } from "./problem.ts";
import { Reader } from "./reader.ts";
import { RecipientReader } from "./recipients.ts";
import type { TreeNode } from "./yaml-tree.ts";

export interface DeployedOptions {
  readonly platforms: readonly Platform[];
  readonly schemas: AccountSchemas;
  /** What the file says of an account wins; then its variables are not even looked at. */
  readonly isDescribed: (account: DeployedAccount) => boolean;
  /** Has the file a Recipient of this name? */
  readonly isRecipient: (alias: string) => boolean;
}

export interface Deployed {
  readonly accounts: ConfiguredAccount[];
  readonly recipients: ConfiguredRecipient[];
  readonly problems: Problem[];
  readonly notes: string[];
}

/** Checks what the environment describes like what a file says. Each by itself: two may have the same name. */
export function readDeployed(
  env: Environment,
  { platforms, schemas, isDescribed, isRecipient }: DeployedOptions,
): Deployed {
  const readers: Reader[] = [];
  const readerOf = (root: TreeNode): Reader => {
    const reader = new Reader(root);
    readers.push(reader);
    return reader;
  };
  const found = deployedAccounts(env).filter((account) => schemas.has(account.platform) && !isDescribed(account));
  const accounts = found.flatMap(({ root }) =>
    root ? new AccountReader(readerOf(root), schemas, platforms).accounts() : [],
  );
  const robot = isRecipient(robotAlias) ? undefined : deployedRobot(env);
  const recipients = robot ? new RecipientReader(readerOf(robot), platforms).recipients() : [];
  const notes = found.flatMap(({ platform, name, note }) =>
    note === undefined ? [] : [`environment: account ${platform}/${name}: ${note}`],
  );
  return { accounts, recipients, problems: readers.flatMap(({ problems }) => problems), notes };
}
