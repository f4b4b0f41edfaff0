import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const here = new URL("./", import.meta.url);
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const senders = folders.filter((name) => has(name, "index.ts"));
// Mail is fetched, not called back with: it has no Receiver.
const receivers = folders.filter(
  (name) => has(name, "receive.ts") && /defineReceiver/.test(source(name, "receive.ts")),
);

describe.each(senders)("the folder of %s, which sends", (name) => {
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

  it("has a table of the platform's errors", () => expect(has(name, "errors.ts")).toBe(true));

  it("holds itself to the platform contract", () => {
    const tests = readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
    const callers = tests.filter((file) => /^platformContract\(/m.test(readFileSync(new URL(file, folder), "utf8")));
    expect(callers).toHaveLength(1);
  });
});

describe.each(receivers)("the folder of %s, which receives", (name) => {
  it("has a receive.ts that exports one Receiver, named like the folder", async () => {
    const exported: unknown = await import(new URL(`${name}/receive.ts`, here).href);
    const receiver = `${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Receiver`;
    expect(exported).toMatchObject({ [receiver]: { account: expect.any(Object), receive: expect.any(Function) } });
  });
});

describe.each(folders)("the folder of %s", (name) => {
  const folder = new URL(`${name}/`, here);

  it("sends or receives", () => expect([...senders, ...receivers]).toContain(name));

  it("tells the reader what is in it", () => expect(has(name, "README.md")).toBe(true));

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

function has(name: string, file: string): boolean {
  return existsSync(new URL(`${name}/${file}`, here));
}

function source(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, here), "utf8");
}
