import { isSet, robotAlias, robotRecipient, settlePlainMode, wecomAppFields, wecomBotFields } from "./deployed.ts";
import type { Environment } from "./environment.ts";
import { madeSection, madeText } from "./made-nodes.ts";
import { formatPath, formatProblem, type Path, type Problem } from "./problem.ts";
import { mismatch, unknownKey } from "./wording.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** A file of another service in this program's own form. */
export interface Translated {
  /** The same values under this program's keys. */
  readonly root: TreeNode;
  readonly problems: Problem[];
  readonly notes: string[];
}

type Section = Map<string, TreeNode>;

const ownSections = ["service", "webhook", "channels"];

/**
 * Is it a `notification.yaml`, as a WeChat notification service has it: `service`, `webhook`, and `channels` with
 * `wechat_api` and `wechat_bot`? Two of its sections, or one of its channels, tell.
 */
export function isNotificationFile({ value }: TreeNode): boolean {
  if (!(value instanceof Map)) return false;
  const channels = value.get("channels")?.value;
  const hasChannel = channels instanceof Map && (channels.has("wechat_api") || channels.has("wechat_bot"));
  return hasChannel || ownSections.filter((name) => value.has(name)).length >= 2;
}

/** Moves its values to where the program looks for them. Each still says where it was written. */
export function translateNotificationFile(root: TreeNode, env: Environment): Translated {
  const translation = new Translation(env);
  return { root: translation.root(root), problems: translation.problems, notes: translation.notes };
}

class Translation {
  readonly problems: Problem[] = [];
  readonly notes: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  root(root: TreeNode): TreeNode {
    const all = root.value instanceof Map ? root.value : new Map<string, TreeNode>();
    const kept = new Map([...all].filter(([key]) => !ownSections.includes(key)));
    this.#section(all.get("service"), ["service"], ["name", "version"]);
    const webhook = this.#section(all.get("webhook"), ["webhook"], ["enabled", "host", "port"]);
    const channels = this.#section(all.get("channels"), ["channels"], ["wechat_api", "wechat_bot"]);
    const isReceiving = this.#isReceiving(webhook?.get("enabled"));
    merge(kept, "server", this.#server(all.get("webhook"), webhook));
    merge(kept, "accounts", this.#accounts(channels, isReceiving));
    merge(kept, "recipients", this.#recipients(channels));
    return { ...root, value: kept };
  }

  /** Without it nobody may call; the API is there all the same. */
  #isReceiving(node: TreeNode | undefined): boolean {
    if (!node || node.value === null) return true;
    const isOn = node.value === true || /^(true|yes|on)$/i.test(node.text ?? "");
    if (isOn || isOff(node)) return isOn;
    this.#problem(node, ["webhook", "enabled"], mismatch(node, "expected true or false", { mayQuote: true }));
    return true;
  }

  #server(node: TreeNode | undefined, webhook: Section | undefined): TreeNode | undefined {
    if (!webhook || !node) return undefined;
    const entries = ["host", "port"].flatMap((key) => {
      const value = webhook.get(key);
      return value ? [[key, written(value, ["webhook", key])] as const] : [];
    });
    return { ...madeSection(entries, node), writtenAs: ["webhook"] };
  }

  #accounts(channels: Section | undefined, isReceiving: boolean): TreeNode | undefined {
    const app = this.#app(channels?.get("wechat_api"), isReceiving);
    const bot = this.#bot(channels?.get("wechat_bot"), isReceiving);
    const entries = [...(app ? [["default", app] as const] : []), ...(bot ? [["bot", bot] as const] : [])];
    return entries.length > 0 ? madeSection(entries) : undefined;
  }

  /** Every key of the account may stand there; its own schema finds the misspelt ones. */
  #app(node: TreeNode | undefined, isReceiving: boolean): TreeNode | undefined {
    const path = ["channels", "wechat_api"];
    const section = this.#section(node, path);
    if (!node || !section) return undefined;
    const fields: Section = new Map([["platform", madeText("wecom", node.at.file)], ...section]);
    for (const [key, value] of wecomAppFields(this.#env)) if (!isSet(fields.get(key))) fields.set(key, value);
    if (!isReceiving) fields.set("enabled", off(node));
    if (!isOff(fields.get("enabled"))) this.#settle(fields, node, path);
    return { ...madeSection(fields, node), writtenAs: path };
  }

  #settle(fields: Section, node: TreeNode, path: Path): void {
    if (!isSet(fields.get("token"))) {
      fields.set("enabled", off(node));
      this.#note(
        node,
        path,
        "no token, so callbacks cannot be verified and the account is left out; add token and encoding_aes_key as the admin page shows them, or set WECHAT_TOKEN and WECHAT_ENCODING_AES_KEY",
      );
      return;
    }
    const note = settlePlainMode(fields);
    if (note !== undefined) this.#note(node, path, note);
  }

  #bot(node: TreeNode | undefined, isReceiving: boolean): TreeNode | undefined {
    const section = node?.value instanceof Map ? node.value : undefined;
    if (!node || !section) return undefined;
    const fields = wecomBotFields(this.#env);
    for (const key of callbackKeys) {
      const value = section.get(key);
      if (isSet(value) && value) fields.set(key, value);
    }
    // An ordinary group robot only takes messages.
    if (fields.size < callbackKeys.length) return undefined;
    fields.set("platform", madeText("wecom", node.at.file)).set("kind", madeText("bot", node.at.file));
    // What is wrong with the switch itself is found where the robot is pushed to.
    if (!isReceiving || isOff(section.get("enabled"))) fields.set("enabled", off(node));
    return { ...madeSection(fields, node), writtenAs: ["channels", "wechat_bot"] };
  }

  #recipients(channels: Section | undefined): TreeNode | undefined {
    const path = ["channels", "wechat_bot"];
    const node = channels?.get("wechat_bot");
    const section = this.#section(node, path, ["enabled", "name", "webhook_url", "secret", ...callbackKeys]);
    if (!node || !section) return undefined;
    const webhook = new Map([...section].filter(([key]) => ["enabled", "name", "secret"].includes(key)));
    const url = section.get("webhook_url");
    // Also when it is missing: then that is the key to name.
    webhook.set("url", written(url ?? { at: node.keyAt ?? node.at, value: null }, [...path, "webhook_url"]));
    const entry = { ...madeSection(webhook, node), writtenAs: path };
    return madeSection([[robotAlias, robotRecipient(entry)]]);
  }

  /** Its entries; undefined when it is absent or, after a problem, something else. */
  #section(node: TreeNode | undefined, path: Path, known?: readonly string[]): Section | undefined {
    if (!node || node.value === null) return undefined;
    if (!(node.value instanceof Map)) {
      this.#problem(node, path, mismatch(node, "expected a section of keys and values", { mayQuote: false }));
      return undefined;
    }
    if (known) {
      for (const [key, child] of node.value) {
        if (!known.includes(key)) this.#problem(child, [...path, key], unknownKey(key, known), child.keyAt);
      }
    }
    return node.value;
  }

  #problem(node: TreeNode, path: Path, message: string, place = node.at): void {
    this.problems.push({ ...place, path: formatPath(path), message });
  }

  #note(node: TreeNode, path: Path, message: string): void {
    this.notes.push(formatProblem({ ...(node.keyAt ?? node.at), path: formatPath(path), message }));
  }
}

/** What a robot that calls back is verified with. */
const callbackKeys = ["token", "encoding_aes_key"];

/** What the file says in this program's own section wins. */
function merge(root: Section, name: string, made: TreeNode | undefined): void {
  const own = root.get(name);
  if (!made || !(made.value instanceof Map)) return;
  if (!own || own.value === null) root.set(name, made);
  else if (own.value instanceof Map) root.set(name, { ...own, value: new Map([...made.value, ...own.value]) });
}

function written(node: TreeNode, path: Path): TreeNode {
  return { ...node, writtenAs: path };
}

function off({ at }: TreeNode): TreeNode {
  return { at, value: false, text: "false" };
}

function isOff(node: TreeNode | undefined): boolean {
  return node?.value === false || /^(false|no|off)$/i.test(node?.text ?? "");
}
