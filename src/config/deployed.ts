import type { Environment } from "./environment.ts";
import { madeList, madeSection, madeText } from "./made-nodes.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** An account that variables describe, by the names that deployments of other services set them under. */
export interface DeployedAccount {
  readonly platform: string;
  readonly name: string;
  /** A configuration with this one account; absent when too little is set to verify anything. */
  readonly root?: TreeNode;
  /** What is missing, and what follows from it. */
  readonly note?: string;
}

/**
 * Accounts that the environment describes: WeCom's app `default` (`WECHAT_…`), WeCom's robot `bot`
 * (`WECHAT_BOT_…`) and Feishu's app `default` (`APP_ID` …).
 */
export function deployedAccounts(env: Environment): DeployedAccount[] {
  return [wecomApp(env), wecomBot(env), feishuApp(env)].filter((account) => account !== undefined);
}

/** The alias under which the group robot of `WECHAT_BOT_WEBHOOK_URL` can be pushed to. */
export const robotAlias = "wechat_bot";

/** A configuration with the Recipient that pushes to the group robot. */
export function deployedRobot(env: Environment): TreeNode | undefined {
  const webhook = fieldsFrom(env, { url: ["WECHAT_BOT_WEBHOOK_URL"], secret: ["WECHAT_BOT_SECRET"] });
  if (!webhook.has("url")) return undefined;
  return madeSection([["recipients", madeSection([[robotAlias, robotRecipient(madeSection(webhook))]])]]);
}

/** The Recipient of one group robot. */
export function robotRecipient(webhook: TreeNode): TreeNode {
  const platform = madeSection([["webhooks", madeList([webhook])]], webhook);
  return madeSection([["platforms", madeSection([["wecom", platform]], webhook)]], webhook);
}

/** The variables that say the keys of WeCom's app. */
export function wecomAppFields(env: Environment): Map<string, TreeNode> {
  return fieldsFrom(env, {
    corp_id: ["WECHAT_CORP_ID"],
    agent_id: ["WECHAT_AGENT_ID"],
    secret: ["WECHAT_SECRET", "WECHAT_CORP_SECRET"],
    token: ["WECHAT_TOKEN"],
    encoding_aes_key: ["WECHAT_ENCODING_AES_KEY"],
    base_url: ["WECHAT_BASE_URL"],
  });
}

/** The variables that say what verifies a robot's callbacks; a robot may share the app's. */
export function wecomBotFields(env: Environment): Map<string, TreeNode> {
  return fieldsFrom(env, {
    token: ["WECHAT_BOT_TOKEN", "WECHAT_TOKEN"],
    encoding_aes_key: ["WECHAT_BOT_ENCODING_AES_KEY", "WECHAT_ENCODING_AES_KEY"],
  });
}

const withoutKey =
  "there is no EncodingAESKey, so only callbacks in plain mode are understood; set WECHAT_ENCODING_AES_KEY when the admin page shows one";

function wecomApp(env: Environment): DeployedAccount | undefined {
  const fields = wecomAppFields(env);
  if (!["corp_id", "token", "encoding_aes_key"].some((key) => fields.has(key))) return undefined;
  const account = { platform: "wecom", name: "default" };
  const missing = [
    ...(fields.has("corp_id") ? [] : ["WECHAT_CORP_ID"]),
    ...(fields.has("token") ? [] : ["WECHAT_TOKEN"]),
  ];
  if (missing.length > 0) return { ...account, note: leftOut(missing) };
  const note = settlePlainMode(fields);
  return { ...account, root: rootOf(account, fields), ...(note === undefined ? {} : { note }) };
}

/** Without a key nothing can be encrypted. Puts the mode that is left into the fields; answers what to tell of it. */
export function settlePlainMode(fields: Map<string, TreeNode>): string | undefined {
  if (isSet(fields.get("encoding_aes_key")) || fields.has("mode")) return undefined;
  fields.delete("encoding_aes_key");
  fields.set("mode", madeText("plain", "environment"));
  return withoutKey;
}

/** An ordinary group robot only takes messages; one that calls back has a Token and a key of its own. */
function wecomBot(env: Environment): DeployedAccount | undefined {
  const fields = wecomBotFields(env);
  const isMeant = [env.WECHAT_BOT_WEBHOOK_URL, env.WECHAT_BOT_SECRET, env.WECHAT_BOT_TOKEN].some(Boolean);
  if (!isMeant || fields.size < 2) return undefined;
  const account = { platform: "wecom", name: "bot" };
  return { ...account, root: rootOf(account, fields.set("kind", madeText("bot", "environment"))) };
}

function feishuApp(env: Environment): DeployedAccount | undefined {
  const fields = fieldsFrom(env, {
    app_id: ["APP_ID"],
    app_secret: ["APP_SECRET"],
    verification_token: ["VERIFICATION_TOKEN"],
    encrypt_key: ["ENCRYPT_KEY"],
    base_url: ["LARK_HOST"],
  });
  // Names this common may be somebody else's: two that belong together are meant.
  const isMeant = fields.has("verification_token") || (fields.has("app_id") && fields.has("app_secret"));
  if (!isMeant) return undefined;
  const account = { platform: "feishu", name: "default" };
  const missing = [
    ...(fields.has("app_id") ? [] : ["APP_ID"]),
    ...(fields.has("verification_token") ? [] : ["VERIFICATION_TOKEN"]),
  ];
  if (missing.length > 0) return { ...account, note: leftOut(missing) };
  return { ...account, root: rootOf(account, fields) };
}

function leftOut(missing: readonly string[]): string {
  const [are, them] = missing.length === 1 ? ["is", "it"] : ["are", "them"];
  return `${missing.join(" and ")} ${are} not set, so callbacks cannot be verified and the account is left out; set ${them} to what the platform's admin page shows`;
}

function rootOf({ platform, name }: { platform: string; name: string }, fields: Map<string, TreeNode>): TreeNode {
  const account = madeSection([["platform", madeText(platform, "environment")], ...fields]);
  return madeSection([["accounts", madeSection([[name, account]])]]);
}

/** The first of each key's variables that is set and not empty. */
function fieldsFrom(env: Environment, variables: Readonly<Record<string, readonly string[]>>): Map<string, TreeNode> {
  const fields = new Map<string, TreeNode>();
  for (const [key, names] of Object.entries(variables)) {
    const name = names.find((each) => env[each]);
    if (name !== undefined) fields.set(key, madeText(env[name] ?? "", `environment variable ${name}`));
  }
  return fields;
}

/** Does the file give it a value, or at least a variable to take it from? */
export function isSet(node: TreeNode | undefined): boolean {
  return node !== undefined && ((node.value !== null && node.value !== "") || node.unset !== undefined);
}
