import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { blocksOf, commandsIn } from "./documents/commands.ts";
import { npmStart } from "./documents/npm-start.ts";
import { emptyFolder } from "./folder.ts";
import { root, run } from "./yizhan.ts";

const execute = promisify(execFile);

/** What a reader of the document has running by then, and where it says that it listens. */
const documentedUrl = "http://127.0.0.1:8080";

/** Commands that are not run here, each with the reason. */
const notRun: ReadonlyMap<string, string> = new Map([
  ["npm test", "it would run this test again; .ci/run is what runs it from a bare clone"],
  [
    "TARGET_SERVER_URL=http://10.0.0.5:8080 bin/yizhan relay",
    "it runs until it is stopped; test/relay-alone.test.ts starts it with a target that there is",
  ],
  ["npm run check", "it runs the tests as well; its steps are the gates of .ci/run"],
]);

describe.each(["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])("the commands in %s", (document) => {
  const commands = blocksOf(document, "sh").flatMap(commandsIn);

  it("work in the order they are printed", { timeout: 120_000 }, async () => {
    expect(commands.length).toBeGreaterThan(2);
    let url: string | undefined;
    for (const command of commands) {
      const [words = ""] = command.split(/\s+#/);
      if (notRun.has(words.trim())) continue;
      if (words.trim() === "npm start") {
        url = await npmStart();
        continue;
      }
      expect(command, "a kind of command that this test knows how to run").toMatch(/^(curl|bin\/yizhan) /);
      expect(url, `npm start comes before ${command}`).toBeDefined();
      await inShell(command, url ?? "");
    }
  });

  it("speak of files that are there", () => {
    for (const command of commands) {
      for (const [, file = ""] of command.matchAll(/(?:^|\s)((?:bin|scripts|examples)\/[\w./-]+)/g)) {
        expect(existsSync(join(root, file)), file).toBe(true);
      }
    }
  });
});

describe.each(["README.md", "README.zh-CN.md"])("the configuration in %s", (document) => {
  it("is valid", async () => {
    const blocks = blocksOf(document, "yaml");
    expect(blocks.length).toBeGreaterThan(0);
    const env = {
      FEISHU_ROBOT_URL: "https://open.feishu.cn/open-apis/bot/v2/hook/token",
      SMTP_PASSWORD: "password",
      WECHAT_TOKEN: "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo",
      WECHAT_ENCODING_AES_KEY: "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt",
    };
    for (const block of blocks) {
      const cwd = emptyFolder();
      writeFileSync(join(cwd, "config.yaml"), block);
      expect(await run(["check", "config.yaml"], { cwd, env })).toMatchObject({ code: 0, stderr: "" });
    }
  });
});

/** Runs it as it is printed, but at the hub of this test, and with an answer of 400 or more taken for a failure. */
async function inShell(command: string, url: string): Promise<void> {
  const adapted = command
    .replaceAll(documentedUrl, url)
    .replace(/^curl /, "curl --silent --show-error --fail-with-body ");
  const env = { ...process.env, YIZHAN_URL: url };
  const { stdout } = await execute("sh", ["-c", adapted], { cwd: root, env });
  expect(stdout.trim(), command).not.toBe("");
}
