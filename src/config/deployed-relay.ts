import type { Environment } from "./environment.ts";
import { madeList, madeSection, madeText } from "./made-nodes.ts";
import type { TreeNode } from "./yaml-tree.ts";

const name = "wework";
const path = "/wework-callback";

/**
 * The relay that deployments of a small WeCom proxy describe by `TARGET_SERVER_URL`, unless the file has one of its
 * name or at its path.
 *
 * @param written What the file has under `relays`.
 */
export function deployedRelay(env: Environment, written: TreeNode | undefined): [string, TreeNode] | undefined {
  const { TARGET_SERVER_URL: target } = env;
  if (!target || isTaken(written)) return undefined;
  const origin = "environment variable TARGET_SERVER_URL";
  const targets = madeList([madeText(target.trim(), origin)]);
  const entries = [["path", madeText(path, origin)] as const, ["targets", targets] as const];
  return [name, madeSection(entries, targets)];
}

/** Where such a deployment listens and how much it logs, as sections and keys, for what nobody says otherwise. */
export function deployedServer(env: Environment): [section: string, key: string, Said][] {
  const { TARGET_SERVER_URL: target, FLASK_RUN_PORT: port, FLASK_DEBUG: debug } = env;
  // Names this common are somebody else's where there is no relay.
  if (!target) return [];
  const found: [string, string, Said][] = [];
  if (port) found.push(["server", "port", { variable: "FLASK_RUN_PORT", text: port }]);
  if (/^(1|true|yes|on)$/i.test(debug ?? "")) found.push(["log", "level", { variable: "FLASK_DEBUG", text: "debug" }]);
  return found;
}

interface Said {
  readonly variable: string;
  readonly text: string;
}

function isTaken(written: TreeNode | undefined): boolean {
  if (!(written?.value instanceof Map)) return false;
  if (written.value.has(name)) return true;
  return [...written.value.values()].some(({ value }) => value instanceof Map && value.get("path")?.text === path);
}
