import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { blocksOf, commandsIn } from "./documents/commands.ts";
import { emptyFolder } from "./folder.ts";
import { AgentProcess } from "./relay/agent-process.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { root, run } from "./yizhan.ts";

const languages = ["docs/tunnels.md", "docs/tunnels.zh-CN.md"] as const;

/** What stands for a key in the documents. */
const shownKey = "0f4c…";

describe.each(languages)("%s", (file) => {
  const [configuration = ""] = blocksOf(file, "yaml");
  const [command = ""] = blocksOf(file, "sh").flatMap(commandsIn);

  it("shows a configuration and a command that make a tunnel", async () => {
    const key = "0f4c7d3e1b2a59680f4c7d3e1b2a5968";
    const inner = createServer((incoming, response) => response.end(`asked for ${incoming.url}`));
    await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      inner.closeAllConnections();
      inner.close();
    });
    const hub = await RelayProcess.hub({ config: parse(configuration.replace(shownKey, key)) });
    onTestFinished(() => hub[Symbol.asyncDispose]());
    const [, variable = "", address, to] =
      /^(\w+)=0f4c… bin\/yizhan connect (https:\/\/hub\.example\.com) --to (http:\/\/\S+)$/.exec(command) ?? [];
    expect([address, to]).toEqual(["https://hub.example.com", "http://127.0.0.1:9000"]);
    const { port } = inner.address() as AddressInfo;
    const agent = await AgentProcess.start({ hub: hub.url, to: `http://127.0.0.1:${port}`, env: { [variable]: key } });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    expect(await (await fetch(`${hub.url}/wework-callback/x`)).text()).toBe("asked for /x");
  });

  it("is refused with a key as short as the one it shows", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "config.yaml"), configuration);
    expect((await run(["check", "config.yaml"], { cwd: folder })).stderr).toContain("tunnels.office.keys[0]");
  });

  it("lists the options that the command has, and no others", async () => {
    const { stdout } = await run(["connect", "--help"], { cwd: emptyFolder() });
    const inHelp = [...stdout.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, name = ""]) => name);
    const listed = [...text(file).matchAll(/^\| `(--[\w-]+)`/gm)].map(([, name = ""]) => name);
    expect(listed.toSorted()).toEqual(inHelp.toSorted());
  });
});

it("is the same configuration and command in both languages", () => {
  const [english, chinese] = languages.map((file) => [...blocksOf(file, "yaml"), ...blocksOf(file, "sh")]);
  expect(chinese).toEqual(english);
});

function text(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
