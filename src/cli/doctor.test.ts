import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Runs `yizhan doctor` in a folder of its own, to its end. */
async function doctor(config: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "yizhan-doctor-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "config.yaml"), config);
  const child = spawn(process.execPath, [main, "doctor", ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const said = await text(child.stdout);
  return { code: await ended, said };
}

/** Where nothing listens. */
async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

describe("yizhan doctor", () => {
  it("ends with 1 when the configuration has a problem, and says what to do", async () => {
    const { code, said } = await doctor("server: { port: no }\n", ["--url", await nowhere()]);
    expect(code).toBe(1);
    expect(said).toMatch(/^! no hub answers at http:\/\/127\.0\.0\.1:\d+\n {4}Start it.*\n {4}请用/m);
    expect(said).toMatch(/^! config\.yaml:1:17 server\.port: found "no".*\n {4}Correct the line/m);
    expect(said).toMatch(/^2 to fix/m);
  });

  it("takes it for a finding that no hub answers where YIZHAN_URL says that one does", async () => {
    const { code, said } = await doctor("", [], { YIZHAN_URL: await nowhere() });
    expect(code).toBe(1);
    expect(said).toMatch(/^! no hub answers/m);
    expect(said).toMatch(/^1 to fix/m);
  });

  it("ends with 0 when a running hub has nothing to complain of, whatever file lies here", async () => {
    const asked: (string | undefined)[] = [];
    const data = { version: "1.2.3", queue: { waiting: 0 }, accounts: [] };
    const hub = createHttpServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end(JSON.stringify({ data }));
    });
    const url = await new Promise<string>((resolve) => {
      hub.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(hub.address() as AddressInfo).port}`));
    });
    onTestFinished(() => void hub.close());
    const { code, said } = await doctor("broken", ["--url", url], { YIZHAN_API_KEY: "the-key" });
    expect([code, said]).toEqual([
      0,
      `  ${url} runs Yizhan 1.2.3; 0 deliveries wait\nnothing to fix 没有需要处理的问题\n`,
    ]);
    expect(new Set(asked)).toEqual(new Set(["Bearer the-key"]));
  });
});
