import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Starts `yizhan serve` in a folder of its own; resolves with what it printed once it listened. */
async function banner(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const cwd = mkdtempSync(join(tmpdir(), "yizhan-serve-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  const child = spawn(process.execPath, [main, "serve", "--port", "0"], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(cwd, { recursive: true });
  });
  let printed = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk;
    // All of it is written at once.
    if (printed.includes("listens on")) break;
  }
  return printed;
}

const wecom = { WECHAT_CORP_ID: "ww1", WECHAT_TOKEN: "token" };
const key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

describe("yizhan serve", () => {
  it("needs no file when the environment describes accounts, and is no demonstration then", async () => {
    const printed = await banner({}, { ...wecom, WECHAT_ENCODING_AES_KEY: key });
    expect(printed).toMatch(/^ {2}wecom default {2}http:\/\/127\.0\.0\.1:\d+\/callbacks\/default\/wecom\/default$/m);
    expect(printed).not.toContain("Demo:");
  });

  it("shows how to send a message where there is somebody to send to, and not where there is nobody", async () => {
    const env = { ...wecom, WECHAT_ENCODING_AES_KEY: key };
    expect(await banner({}, env)).not.toContain("curl");
    const recipients = "recipients: { night_watch: { platforms: { system: { notifications: [{ type: http }] } } } }\n";
    expect(await banner({ "config.yaml": recipients }, env)).toMatch(
      /curl -X POST .*\n.*"recipient_alias":"night_watch"/,
    );
  });

  it("finds config/notification.yaml by itself, after config.yaml", async () => {
    const channel = 'channels: { wechat_api: { corp_id: "$' + '{WECHAT_CORP_ID}" } }\n';
    const files = { "config/notification.yaml": `webhook: { host: 127.0.0.1 }\n${channel}` };
    expect(await banner(files, wecom)).toContain("/callbacks/default/wecom/default");
    const both = { ...files, "config.yaml": "accounts: { default: { platform: wecom, enabled: false } }\n" };
    expect(await banner(both, wecom)).not.toContain("/callbacks/");
  });
});
