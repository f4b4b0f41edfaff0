import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emptyFolder } from "./folder.ts";
import { root } from "./yizhan.ts";

describe("scripts/prepare.cjs", () => {
  it("installs once, with what development needs", () => {
    const checkout = aCheckout();
    const first = checkout.prepare();
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining("installing dependencies")]);
    expect(checkout.npmCalls()).toEqual([expect.stringMatching(/^(ci|install) --include=dev /)]);
    const second = checkout.prepare();
    expect([second.status, second.stderr]).toEqual([0, ""]);
    expect(checkout.npmCalls()).toHaveLength(1);
  });

  it("installs again when the lock file has changed", () => {
    const checkout = aCheckout();
    checkout.prepare();
    checkout.write("package-lock.json", '{ "changed": true }');
    expect(checkout.prepare().stderr).toContain("installing dependencies");
    expect(checkout.npmCalls()).toHaveLength(2);
  });

  it("does not install again because npm wrote the lock file anew", () => {
    const checkout = aCheckout();
    checkout.write("npm-lock", '{ "rewritten": true }');
    checkout.prepare();
    expect(checkout.prepare().stderr).toBe("");
    expect(checkout.npmCalls()).toHaveLength(1);
  });

  it("builds when asked, and again only when a source has changed that is built", () => {
    const checkout = aCheckout();
    expect(checkout.prepare("--build").stderr).toContain("building");
    expect(checkout.builds()).toBe(1);
    checkout.prepare("--build");
    checkout.write("src/some.test.ts", "changed");
    checkout.prepare("--build");
    expect(checkout.builds()).toBe(1);
    checkout.write("src/main.ts", "changed");
    checkout.prepare("--build");
    expect(checkout.builds()).toBe(2);
  });

  it("builds nothing when it is not asked to", () => {
    const checkout = aCheckout();
    checkout.prepare();
    expect(checkout.builds()).toBe(0);
  });

  it("says that npm failed, and tries again the next time", () => {
    const checkout = aCheckout();
    checkout.write("npm-exit", "1");
    const { status, stderr } = checkout.prepare();
    expect([status, stderr]).toEqual([1, expect.stringMatching(/npm (ci|install) failed/)]);
    checkout.write("npm-exit", "0");
    expect(checkout.prepare().status).toBe(0);
    expect(checkout.npmCalls()).toHaveLength(2);
  });

  it("says that the build failed", () => {
    const checkout = aCheckout();
    checkout.write("scripts/build.ts", "throw new Error('no');");
    const { status, stderr } = checkout.prepare("--build");
    expect([status, stderr]).toEqual([1, expect.stringContaining("the build failed; its message is above")]);
  });
});

/** A small checkout whose npm writes down how it was called, and whose build counts itself. */
function aCheckout() {
  const folder = emptyFolder();
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  const read = (path: string) => {
    const lines = readFileSync(join(folder, path), { encoding: "utf8", flag: "a+" }).split("\n");
    return lines.filter((line) => line !== "");
  };
  for (const path of ["src", "scripts", "dist", "path", "node_modules/.bin"])
    mkdirSync(join(folder, path), { recursive: true });
  cpSync(join(root, "scripts/prepare.cjs"), join(folder, "scripts/prepare.cjs"));
  write("package.json", '{ "type": "module" }');
  write("package-lock.json", "{}");
  write("src/main.ts", "");
  write("npm-exit", "0");
  write(
    "scripts/build.ts",
    `
    import { appendFileSync, writeFileSync } from "node:fs";
    appendFileSync("builds", "built\\n");
    writeFileSync("dist/yizhan.js", "");
  `,
  );
  write(
    "path/npm",
    `#!/bin/sh\necho "$@" >> npm-calls\n[ ! -f npm-lock ] || cp npm-lock package-lock.json\nexit "$(cat npm-exit)"\n`,
  );
  chmodSync(join(folder, "path/npm"), 0o755);
  symlinkSync(process.execPath, join(folder, "node_modules/.bin/node"));
  return {
    write,
    prepare: (...args: string[]) =>
      spawnSync(process.execPath, ["scripts/prepare.cjs", ...args], {
        cwd: folder,
        encoding: "utf8",
        env: { PATH: `${join(folder, "path")}:${process.env.PATH}` },
      }),
    npmCalls: () => read("npm-calls"),
    builds: () => read("builds").length,
  };
}
