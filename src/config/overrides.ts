import { deployedRelay, deployedServer } from "./deployed-relay.ts";
import type { Environment } from "./environment.ts";
import { madeText } from "./made-nodes.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** What the command line says; wins over the environment, which wins over the file. */
export interface Flags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly data?: string | undefined;
}

/** Which program is configured: all of the hub, or its relays alone. */
export type Purpose = "hub" | "relay";

/** Where the relay alone listens when nobody says: as the proxy did that it takes the place of. */
const relayServer = { host: "0.0.0.0", port: "8502" } as const;

/** Puts what the environment and the command line say into the tree, so that it is checked like the rest. */
export function override(root: Map<string, TreeNode>, env: Environment, flags: Flags, purpose: Purpose): void {
  const rules = [
    { section: "server", key: "host", variable: "YIZHAN_HOST", flag: "--host", given: flags.host },
    { section: "server", key: "port", variable: "YIZHAN_PORT", flag: "--port", given: flags.port },
    { section: "store", key: "directory", variable: "YIZHAN_DATA", flag: "--data", given: flags.data },
  ];
  for (const { section, key, variable, flag, given } of rules) {
    const text = given ?? env[variable];
    if (!text) continue;
    const origin = given === undefined ? `environment variable ${variable}` : `option ${flag}`;
    sectionOf(root, section)?.set(key, { ...madeText(text, origin), writtenAs: [section, key] });
  }
  for (const [section, key, { variable, text }] of deployedServer(env)) {
    const node = sectionOf(root, section);
    if (node?.get(key)?.value == null) node?.set(key, madeText(text, `environment variable ${variable}`));
  }
  const server = purpose === "relay" ? sectionOf(root, "server") : undefined;
  for (const key of ["host", "port"] as const) {
    if (server && server.get(key)?.value == null) server.set(key, madeText(relayServer[key], "yizhan relay"));
  }
  const relay = deployedRelay(env, root.get("relays"));
  if (relay) sectionOf(root, "relays")?.set(...relay);
  const key = env.YIZHAN_API_KEY;
  const auth = key ? sectionOf(root, "auth") : undefined;
  if (!key || !auth) return;
  const node = madeText(key, "environment variable YIZHAN_API_KEY");
  const keys = auth.get("keys");
  if (!keys || keys.value === null) auth.set("keys", { at: node.at, value: [node] });
  else if (Array.isArray(keys.value)) keys.value.push(node);
}

function sectionOf(root: Map<string, TreeNode>, name: string): Map<string, TreeNode> | undefined {
  const node = root.get(name);
  if (node && node.value !== null) return node.value instanceof Map ? node.value : undefined;
  const section = new Map<string, TreeNode>();
  root.set(name, { at: node?.at ?? { file: "environment", line: 0, column: 0 }, value: section });
  return section;
}
