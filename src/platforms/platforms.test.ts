import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const here = new URL("./", import.meta.url);
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe.each(folders)("the folder of %s", (name) => {
  const folder = new URL(`${name}/`, here);

  it("has an index.ts that exports one Platform, named like the folder", async () => {
    const exported: unknown = await import(new URL("index.ts", folder).href);
    expect(exported).toHaveProperty(name);
    expect(exported).toMatchObject({
      [name]: {
        id: name,
        label: { zh: expect.any(String) },
        render: expect.any(Function),
        connect: expect.any(Function),
      },
    });
  });

  it("has the files that a reader looks for", () => {
    for (const file of ["README.md", "errors.ts"]) expect(existsSync(new URL(file, folder)), file).toBe(true);
  });

  it("holds itself to the platform contract", () => {
    const tests = readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
    const callers = tests.filter((file) => /^platformContract\(/m.test(readFileSync(new URL(file, folder), "utf8")));
    expect(callers).toHaveLength(1);
  });

  it("imports no other platform", () => {
    const others = folders.filter((other) => other !== name).join("|");
    for (const file of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
      expect(readFileSync(new URL(file, folder), "utf8"), file).not.toMatch(new RegExp(`from "\\.\\./(${others})/`));
    }
  });
});

describe("the platforms", () => {
  it("are there", () => expect(folders).toEqual(expect.arrayContaining(["dingtalk", "feishu", "wecom"])));
});
