import { describe, expect, it } from "vitest";
import { readConfig } from "../config/read.ts";
import { platforms } from "../platforms/registry.ts";
import { relayLines } from "./relay-lines.ts";

describe("the lines about relays", () => {
  it("name the public path and what is behind it", () => {
    const text = `accounts: { box: { platform: feishu, app_id: cli_1, verification_token: t } }
tunnels: { branch: { keys: [0123456789abcdef] } }
relays:
  a: { path: /a, targets: [http://10.0.0.5:8080/x, { tunnel: branch }] }
  b: { path: /b, mode: durable, account: feishu/box, receivers: [{ name: crm, targets: [http://crm] }] }
`;
    const loaded = readConfig({ file: "config.yaml", text, env: {}, platforms });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(relayLines("http://127.0.0.1:8080", loaded.config.relays)).toEqual([
      "  http://127.0.0.1:8080/a → http://10.0.0.5:8080/x, tunnel branch",
      "  http://127.0.0.1:8080/b → crm",
    ]);
  });
});
