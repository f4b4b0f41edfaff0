import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import { machineAdvice } from "./doctor-advice.ts";
import { examineMachine, type MachineOptions } from "./doctor-machine.ts";

function setup(files: Readonly<Record<string, string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "yizhan-doctor-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, name, ".."), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  const examined = (options: Partial<MachineOptions> = {}) => examineMachine({ cwd, env: {}, ...options });
  return { cwd, examined };
}

/** A data folder as a hub leaves it. */
async function used(folder: string) {
  const store = openSqliteStore({ folder });
  await store.ping();
  return store;
}

const config = "accounts: { oa: { platform: feishu, app_id: cli_1, verification_token: token } }\n";

describe("a machine that a hub can start on", () => {
  it("has nothing to fix, before the first start", async () => {
    const { cwd, examined } = setup({ "config.yaml": config });
    expect(await examined()).toEqual({
      seen: [
        "config.yaml: 0 recipient(s), 1 account(s) that call",
        "note: config.yaml:1:1 recipients: none, so every push is answered with 404",
        `data folder ${join(cwd, "data")}: made at the first start`,
      ],
      findings: [],
    });
    expect(readdirSync(cwd)).toEqual(["config.yaml"]);
  });

  it("has nothing to fix after a stop either", async () => {
    const { cwd, examined } = setup();
    await (await used(join(cwd, "data"))).close();
    const before = readdirSync(join(cwd, "data"));
    expect((await examined()).findings).toEqual([]);
    expect(readdirSync(join(cwd, "data"))).toEqual(before);
  });

  it("is looked at as the command line says", async () => {
    const { cwd, examined } = setup({ "elsewhere/a.yaml": config });
    expect((await examined({ config: "elsewhere/a.yaml", data: "other" })).seen).toEqual([
      "elsewhere/a.yaml: 0 recipient(s), 1 account(s) that call",
      expect.stringContaining("recipients: none"),
      `data folder ${join(cwd, "other")}: made at the first start`,
    ]);
  });

  it("may have its configuration where the services before it had it", async () => {
    const { examined } = setup({ "config/notification.yaml": "service: { name: a }\nwebhook: { port: 1 }\n" });
    expect((await examined()).seen[0]).toMatch(/^config\/notification\.yaml: /);
  });
});

describe("what keeps a hub from starting or working", () => {
  it("is every problem of the configuration", async () => {
    const { examined } = setup({ "config.yaml": "server: { hosts: 1 }\nlog: { level: loud }\n" });
    expect(await examined()).toEqual({
      seen: [],
      findings: [
        { what: 'config.yaml:1:11 server.hosts: unknown key, did you mean "host"?', advice: machineAdvice.config },
        { what: expect.stringMatching(/^config\.yaml:2:15 log\.level: /), advice: machineAdvice.config },
      ],
    });
  });

  it("is a file where the data folder should be", async () => {
    const { cwd, examined } = setup({ data: "" });
    expect((await examined()).findings).toEqual([
      { what: `${join(cwd, "data")} is not a folder`, advice: machineAdvice.notFolder },
    ]);
  });

  it.skipIf(process.getuid?.() === 0)("is a folder that this user cannot write to (root can always)", async () => {
    const { cwd, examined } = setup({ "data/x": "", "locked/x": "" });
    for (const name of ["data", "locked"]) {
      chmodSync(join(cwd, name), 0o500);
      onTestFinished(() => chmodSync(join(cwd, name), 0o700));
    }
    expect((await examined()).findings).toMatchObject([{ advice: machineAdvice.notWritable }]);
    expect((await examined({ data: "locked/a/b" })).findings).toMatchObject([{ advice: machineAdvice.notWritable }]);
  });

  it("is a hub that has the folder already", async () => {
    const { cwd, examined } = setup();
    const store = await used(join(cwd, "data"));
    onTestFinished(() => store.close());
    expect((await examined()).findings).toEqual([
      { what: `${join(cwd, "data")} is in use`, advice: machineAdvice.inUse },
    ]);
  });

  it("is a secret key that is none, unless another one seals the store", async () => {
    const { cwd, examined } = setup({ "data/secret.key": "" });
    const file = join(cwd, "data/secret.key");
    chmodSync(file, 0o600);
    expect((await examined()).findings).toEqual([
      { what: `${file} holds 0 bytes where 32 were expected`, advice: machineAdvice.secret },
    ]);
    expect((await examined({ env: { YIZHAN_SECRET_KEY: "the operator's" } })).findings).toEqual([]);
  });

  it("is a secret key that everybody can read", async () => {
    const { cwd, examined } = setup({ "data/secret.key": randomBytes(32).toString("base64") });
    const file = join(cwd, "data/secret.key");
    chmodSync(file, 0o644);
    expect((await examined()).findings).toEqual([
      { what: `${file} is not only this user's`, advice: machineAdvice.exposed },
    ]);
    chmodSync(file, 0o600);
    expect((await examined()).findings).toEqual([]);
  });
});
