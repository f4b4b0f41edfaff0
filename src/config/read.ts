import type { Platform } from "../platforms/definition.ts";
import { accountSchemas } from "./account-schemas.ts";
import { AccountReader, type AccountSchemas } from "./accounts.ts";
import type { Config, ConfiguredRecipient, Entry } from "./config.ts";
import type { Environment } from "./environment.ts";
import { isLoopback } from "./loopback.ts";
import { isNotificationFile, type Translated, translateNotificationFile } from "./notification-file.ts";
import { type Flags, override, type Purpose } from "./overrides.ts";
import { inFileOrder, type Problem } from "./problem.ts";
import { readDeployed } from "./read-deployed.ts";
import { Reader } from "./reader.ts";
import { RecipientReader } from "./recipients.ts";
import { checkRelaysAlone, RelayReader } from "./relays.ts";
import { readRepliers } from "./repliers.ts";
import { type Sections, sections } from "./schema.ts";
import { readTree, type TreeNode } from "./yaml-tree.ts";

export type Loaded =
  | { readonly ok: true; readonly config: Config /** Worth knowing, not wrong. */; readonly notes: string[] }
  | { readonly ok: false; readonly problems: Problem[] };

export interface Source {
  /** As problems name it. */
  readonly file: string;
  readonly text: string;
  readonly env: Environment;
  readonly platforms: readonly Platform[];
  /** What `accounts` can name; every platform that receives, when absent. */
  readonly accountSchemas?: AccountSchemas;
  readonly flags?: Flags;
  /** The hub, when absent. */
  readonly purpose?: Purpose;
}

/** Checks a configuration's text: either a Config that can be used, or every problem it has. */
export function readConfig({
  file,
  text,
  env,
  platforms,
  accountSchemas: schemas = accountSchemas,
  flags = {},
  purpose = "hub",
}: Source): Loaded {
  const tree = readTree(file, text, env);
  if (tree.problems.length > 0) return { ok: false, problems: inFileOrder(tree.problems) };
  const { root, problems, notes } = inOurForm(tree.root, file, env);
  if (root.value instanceof Map) override(root.value, env, flags, purpose);
  const reader = new Reader(root);
  const values = readSections(reader, platforms);
  const recipientReader = new RecipientReader(reader, platforms);
  const written = recipientReader.recipients();
  const notifications = recipientReader.notifications();
  const accounts = readAccounts(reader, platforms, written);
  const accountReader = new AccountReader(reader, schemas, platforms);
  const described = accountReader.accounts();
  const deployed = readDeployed(env, {
    platforms,
    schemas,
    isDescribed: (account) => accountReader.describes(account),
    isRecipient: (alias) => reader.node(["recipients", alias]) !== undefined,
  });
  const recipients = [...written, ...deployed.recipients];
  const receivingAccounts = [...described, ...deployed.accounts];
  const replies = readRepliers(reader, {
    accounts: receivingAccounts,
    allowPrivate: values?.subscriptions.allowPrivate ?? true,
  });
  const relayReader = new RelayReader(reader, receivingAccounts);
  const tunnels = relayReader.tunnels();
  const relays = relayReader.relays();
  if (purpose === "relay") checkRelaysAlone(reader, relays);
  else {
    if (values) refuseOpenDoor(reader, values);
    noteSilentRecipients(reader, recipients, notifications);
  }
  if (values) noteWeakKeys(reader, values);
  problems.push(...reader.problems, ...deployed.problems);
  if (!values || problems.length > 0) return { ok: false, problems: inFileOrder(problems) };
  return {
    ok: true,
    config: { ...values, accounts, recipients, notifications, receivingAccounts, replies, relays, tunnels },
    notes: [...tree.notes, ...notes, ...reader.notes, ...deployed.notes],
  };
}

/** Files of other services are read as if they were written for this one. */
function inOurForm(root: TreeNode | undefined, file: string, env: Environment): Translated {
  if (!root || root.value === null) return { root: emptySection(file), problems: [], notes: [] };
  return isNotificationFile(root) ? translateNotificationFile(root, env) : { root, problems: [], notes: [] };
}

/** Keys that can be guessed still work, for whoever moves from a system that had them, but not silently. */
function noteWeakKeys(reader: Reader, { auth }: Sections): void {
  if (auth.keys.some((key) => key.length < 16)) {
    reader.note(["auth", "keys"], "a key is shorter than 16 characters and can be guessed");
  }
}

function emptySection(file: string): TreeNode {
  return { at: { file, line: 0, column: 0 }, value: new Map() };
}

/** Besides the platforms' own sections. */
export const topLevelKeys: readonly string[] = [
  ...Object.keys(sections),
  "recipients",
  "system",
  "accounts",
  "replies",
  "relays",
  "tunnels",
];

function readSections(reader: Reader, platforms: readonly Platform[]): Sections | undefined {
  const accounts = platforms.filter((each) => each.account).map(({ id }) => id);
  reader.refuseUnknownKeys([], [...topLevelKeys, ...accounts]);
  const server = reader.readSection(sections.server, "server");
  const auth = reader.readSection(sections.auth, "auth");
  const log = reader.readSection(sections.log, "log");
  const queue = reader.readSection(sections.queue, "queue");
  const store = reader.readSection(sections.store, "store");
  const media = reader.readSection(sections.media, "media");
  const subscriptions = reader.readSection(sections.subscriptions, "subscriptions");
  const egress = reader.readSection(sections.egress, "egress");
  const sandbox = reader.readSection(sections.sandbox, "sandbox");
  // All are read before any is missed: a file's problems come together.
  if (!server || !auth || !log || !queue || !store || !media || !subscriptions || !egress || !sandbox) return undefined;
  return { server, auth, log, queue, store, media, subscriptions, egress, sandbox };
}

/** Account sections bear their platform's id. One that no Channel uses may be unfinished, and is left out then. */
function readAccounts(
  reader: Reader,
  platforms: readonly Platform[],
  recipients: readonly ConfiguredRecipient[],
): Map<string, unknown> {
  const accounts = new Map<string, unknown>();
  for (const { id, account } of platforms) {
    if (!account) continue;
    const user = recipients.find(({ platforms }) =>
      platforms.some(({ platform, entries }) => platform === id && entries.length > 0),
    );
    const written = reader.node([id])?.value != null;
    if (!written) {
      if (user)
        reader.problem(
          [id],
          `missing, expected this section, because recipient ${JSON.stringify(user.alias)} has ${id} channels`,
        );
      continue;
    }
    const settings = reader.read(account, [id], { lenient: !user });
    if (settings !== undefined) accounts.set(id, settings);
    else if (!user) reader.note([id], "not complete, and not used: no recipient has such channels");
  }
  return accounts;
}

function refuseOpenDoor(reader: Reader, { server, auth }: Sections): void {
  if (isLoopback(server.host) || auth.keys.length > 0) return;
  reader.problem(
    ["server", "host"],
    `found ${JSON.stringify(server.host)}, which other machines can reach, and no keys; expected auth.keys or YIZHAN_API_KEY, or a loopback address such as 127.0.0.1`,
  );
}

function noteSilentRecipients(
  reader: Reader,
  recipients: readonly ConfiguredRecipient[],
  notifications: readonly Entry[],
): void {
  if (recipients.length === 0) reader.note(["recipients"], "none, so every push is answered with 404");
  for (const { alias, platforms } of recipients) {
    const reaches = notifications.length > 0 || platforms.some(({ entries }) => entries.length > 0);
    if (!reaches)
      reader.note(["recipients", alias], "has neither channels nor notifications, so every push to it fails");
  }
}
