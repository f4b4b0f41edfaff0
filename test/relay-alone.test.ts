import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "./ask.ts";
import { emptyFolder } from "./folder.ts";
import { RawTarget } from "./relay/raw-target.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { run, Yizhan } from "./yizhan.ts";

async function newTarget() {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  return target;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** `yizhan relay` in a folder, with nothing but what the folder and the environment say. */
async function started(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const process = new Yizhan(["relay", ...args], { cwd, env });
  onTestFinished(() => process[Symbol.asyncDispose]());
  const [, url = ""] = await process.printed(/listens on (http:\/\/\S+)/);
  return { process, url };
}

describe("yizhan relay", () => {
  it("says what is missing when it is told of no target", async () => {
    const { code, stdout, stderr } = await run(["relay"], { cwd: emptyFolder() });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("TARGET_SERVER_URL");
    expect(stderr).toContain("relays");
  });

  it.each(["inner.example", "ftp://inner.example", "http://", "http://user:secret@inner", "http://inner/?a=1"])(
    "refuses %s as a target, and says what would be right",
    async (target) => {
      const { code, stderr } = await run(["relay"], { cwd: emptyFolder(), env: { TARGET_SERVER_URL: target } });
      expect(code).toBe(1);
      expect(stderr).toContain("TARGET_SERVER_URL");
      expect(stderr).toMatch(/http/);
      expect(stderr).not.toContain("secret");
    },
  );

  it("reads the .env file of the proxy that it replaces", async () => {
    const target = await newTarget();
    const port = await freePort();
    const folder = emptyFolder();
    writeFileSync(join(folder, ".env"), `TARGET_SERVER_URL=${target.url}\nFLASK_RUN_PORT=${port}\nFLASK_DEBUG=False\n`);
    const { url } = await started(folder, ["--host", "127.0.0.1"]);
    expect(new URL(url).port).toBe(String(port));
    expect((await ask(url, "GET", "/wework-callback/a")).text).toBe("ok");
  });

  it("takes its port from the command line before FLASK_RUN_PORT", async () => {
    const target = await newTarget();
    const env = { TARGET_SERVER_URL: target.url, FLASK_RUN_PORT: "1" };
    const { url } = await started(emptyFolder(), ["--host", "127.0.0.1", "--port", "0"], env);
    expect((await ask(url, "GET", "/wework-callback/a")).text).toBe("ok");
  });

  it("listens on port 8502 and on all addresses where nothing else is said, and says so", async () => {
    const { stdout } = await run(["relay", "--help"], { cwd: emptyFolder() });
    expect(stdout).toContain("8502");
    expect(stdout).toContain("0.0.0.0");
    expect(stdout).toContain("TARGET_SERVER_URL");
  });

  it("needs no data folder, and writes nothing", async () => {
    const target = await newTarget();
    const folder = emptyFolder();
    const args = ["--host", "127.0.0.1", "--port", "0"];
    await started(folder, args, { TARGET_SERVER_URL: target.url });
    const { url } = await started(folder, args, { TARGET_SERVER_URL: target.url });
    expect((await ask(url, "GET", "/wework-callback/a")).text).toBe("ok");
  });

  it("goes to other targets after SIGHUP", async () => {
    const [before, after] = [await newTarget(), await newTarget()];
    const relay = await RelayProcess.start({ config: relayConfig([before.url]) });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    await ask(relay.url, "GET", "/wework-callback/a");
    relay.configure(relayConfig([after.url]));
    relay.process.signal("SIGHUP");
    await relay.process.printed(/configuration reloaded/);
    await ask(relay.url, "GET", "/wework-callback/b");
    expect(before.seen().map(({ line }) => line)).toEqual(["GET /a HTTP/1.1"]);
    expect(after.seen().map(({ line }) => line)).toEqual(["GET /b HTTP/1.1"]);
  });
});

describe("a hub", () => {
  it("listens where it is told itself, whatever FLASK_RUN_PORT says", async () => {
    const target = await newTarget();
    const hub = await RelayProcess.hub({ target: target.url, env: { FLASK_RUN_PORT: "1" } });
    onTestFinished(() => hub[Symbol.asyncDispose]());
    expect((await ask(hub.url, "GET", "/wework-callback/a")).text).toBe("ok");
  });
});
