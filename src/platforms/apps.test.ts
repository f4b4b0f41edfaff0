import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fileAddress } from "./app-file.ts";
import { apps } from "./apps.ts";

describe("the platforms that are called with an app's token", () => {
  it("are those whose folder has an app.ts", () => {
    const here = new URL("./", import.meta.url);
    const folders = readdirSync(here).filter((name) => existsSync(new URL(`${name}/app.ts`, here)));
    expect([...apps.keys()]).toEqual(folders.sort());
  });
});

describe("where a file may be fetched from", () => {
  const places = { base: "https://hub.example:8443/api", hosts: ["qpic.cn"] };

  it.each([
    ["https://hub.example:8443/x?sig=1", "https://hub.example:8443/x?sig=1"],
    ["https://mmbiz.qpic.cn/x", "https://mmbiz.qpic.cn/x"],
    ["http://mmbiz.qpic.cn/x", "https://mmbiz.qpic.cn/x"],
    ["https://QPIC.CN/x", "https://qpic.cn/x"],
  ])("%s", (address, url) => {
    expect(fileAddress(address, places).href).toBe(url);
  });

  it.each([
    "http://hub.example:8443/x",
    "https://hub.example/x",
    "https://notqpic.cn/x",
    "https://qpic.cn.evil.example/x",
    "https://mmbiz.qpic.cn:8080/x",
    "https://u:p@mmbiz.qpic.cn/x",
    "https://[::1]/x",
    "http://2130706433/",
    "ftp://qpic.cn/x",
    "",
    `https://qpic.cn/${"x".repeat(9_000)}`,
  ])("and not from %s", (address) => {
    expect(() => fileAddress(address, places)).toThrow("[file-address]");
    expect(() => fileAddress(`${address}?token=hush`, places)).not.toThrow("hush");
  });

  it("a sandbox's own host without TLS, where that is the account's setting", () => {
    expect(fileAddress("http://127.0.0.1:80/x", { base: "ws://127.0.0.1:80", hosts: [] }).pathname).toBe("/x");
  });
});
