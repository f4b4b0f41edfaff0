// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { demoRobots } from "./demo.ts";
import { directoryOf } from "./directory.ts";
import { type LoadOptions, loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function setup(files: Record<string, string | Uint8Array>) {
  const cwd = await mkdtemp(join(tmpdir(), "yizhan-config-"));
  folders.push(cwd);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), content);
  }
  const load = (options: Partial<LoadOptions> = {}) => loadConfig({ env: {}, cwd, platforms, ...options });
  const problems = async (options: Partial<LoadOptions> = {}) => {
    const loaded = await load(options);
    return loaded.ok ? [] : loaded.problems.map(formatProblem);
  };
  const config = async (options: Partial<LoadOptions> = {}) => {
    const loaded = await load(options);
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    return loaded.config;
  };
  return { cwd, problems, config };
}

describe("a configuration file", () => {
  it("that does not exist, is a folder, is too large or is not text is one problem", async () => {
    const { cwd, problems } = await setup({
      "large.yaml": "#".repeat(4 * 1_048_576 + 1),
      "latin.yaml": Uint8Array.of(0x61, 0x3a, 0xe9),
    });
    expect(await problems({ file: "none.yaml" })).toEqual([
      `none.yaml: there is no such file in ${cwd}, expected a YAML file none.yaml`,
    ]);
    expect(await problems({ file: "." })).toEqual([".: found a folder, expected a YAML file"]);
    expect(await problems({ file: "large.yaml" })).toEqual([
      "large.yaml: found 4194305 bytes, expected at most 4194304",
    ]);
    expect(await problems({ file: "latin.yaml" })).toEqual([
      "latin.yaml: found bytes that are not UTF-8, expected UTF-8 text",
    ]);
  });

  it("may begin with a byte order mark and have Windows line ends", async () => {
    const { config } = await setup({ "config.yaml": "\ufeffserver:\r\n  port: 81\r\n" });
    expect((await config({ file: "config.yaml" })).server.port).toBe(81);
  });

  it("is read anew each time", async () => {
    const { cwd, config, problems } = await setup({ "config.yaml": "server: { port: 81 }" });
    expect((await config({ file: "config.yaml" })).server.port).toBe(81);
    await writeFile(join(cwd, "config.yaml"), "server: { prot: 82 }");
    expect(await problems({ file: "config.yaml" })).toHaveLength(1);
    await writeFile(join(cwd, "config.yaml"), "server: { port: 82 }");
    expect((await config({ file: "config.yaml" })).server.port).toBe(82);
  });
});

describe(".env", () => {
  const file = "conf/config.yaml";
  const text = "store: { directory: '${PLACE}' }";

  it("beside the file fills its placeholders and sets overrides", async () => {
    const { config } = await setup({ [file]: text, "conf/.env": "PLACE=/srv\nYIZHAN_PORT=81\n", ".env": "PLACE=/tmp" });
    const { store, server } = await config({ file });
    expect([store.directory, server.port]).toEqual(["/srv", 81]);
  });

  it("of the working directory is read when there is none beside the file", async () => {
    const { config } = await setup({ [file]: text, ".env": "PLACE=/srv" });
    expect((await config({ file })).store.directory).toBe("/srv");
  });

  it("gives way to the real environment", async () => {
    const { config } = await setup({ [file]: text, ".env": "PLACE=/srv" });
    expect((await config({ file, env: { PLACE: "/real" } })).store.directory).toBe("/real");
  });
});

describe("the built-in demonstration", () => {
  it("is a configuration without problems that reaches every platform of the sandbox", async () => {
    const { config } = await setup({});
    const demo = await config({ demo: { sandboxUrl: "http://127.0.0.1:4000", smtpPort: 4025 } });
    expect(demo.server).toMatchObject({ host: "127.0.0.1", port: 8080 });
    expect(demo.sandbox).toEqual({ enabled: true, port: 4000, smtpPort: 4025 });
    const { channels, recipients } = directoryOf(demo, platforms);
    expect(recipients[0]).toMatchObject({ alias: "ops_alert", name: "运维告警组" });
    expect(recipients[0]?.platforms.map(({ platform }) => platform)).toEqual(["feishu", "dingtalk", "wecom", "email"]);
    expect(recipients[0]?.notifications.map(({ name }) => name)).toEqual(["控制台通知", "文件通知", "站内通知"]);
    expect(channels[0]?.settings).toMatchObject({
      url: "http://127.0.0.1:4000/open-apis/bot/v2/hook/demo",
      secret: demoRobots.feishu.secret,
    });
  });

  it("obeys the environment like any file", async () => {
    const { config } = await setup({ ".env": "YIZHAN_PORT=81" });
    expect((await config()).server.port).toBe(81);
  });
});

describe("no file, and an environment that describes accounts", () => {
  const env = { WECHAT_CORP_ID: "ww1", WECHAT_TOKEN: "token" };

  it("is not the demonstration but an empty configuration with those accounts", async () => {
    const { config } = await setup({});
    const { sandbox, recipients, receivingAccounts } = await config({ env });
    expect(sandbox.enabled).toBe(false);
    expect(recipients).toEqual([]);
    expect(receivingAccounts).toMatchObject([{ platform: "wecom", name: "default" }]);
  });

  it("counts what .env says, and an account that is not complete", async () => {
    const { config } = await setup({ ".env": "WECHAT_CORP_ID=ww1\n" });
    expect(await config()).toMatchObject({ sandbox: { enabled: false }, receivingAccounts: [] });
  });

  it("counts a robot that can only be pushed to", async () => {
    const { config } = await setup({});
    const { recipients } = await config({ env: { WECHAT_BOT_WEBHOOK_URL: "https://example.com/hook?key=k" } });
    expect(recipients.map(({ alias }) => alias)).toEqual(["wechat_bot"]);
  });

  it("obeys the same rules as a file: an open door needs a key", async () => {
    const { problems } = await setup({});
    expect(await problems({ env: { ...env, YIZHAN_HOST: "0.0.0.0" } })).toEqual([
      expect.stringMatching(/^environment variable YIZHAN_HOST server\.host: found "0\.0\.0\.0", .*YIZHAN_API_KEY/),
    ]);
  });
});
