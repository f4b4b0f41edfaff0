import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { platformFolders, registrySource } from "../../scripts/generate-registry.ts";
import { platformNamed, platforms } from "./registry.ts";

describe("the registry", () => {
  it("is what scripts/generate-registry.ts makes of the folders", () => {
    const text = readFileSync(new URL("./registry.ts", import.meta.url), "utf8");
    expect(text, "run: node scripts/generate-registry.ts").toBe(registrySource(platformFolders()));
  });

  it("imports a folder whose name has a hyphen in camel case", () => {
    const text = registrySource(["feishu", "wechat-official"]);
    expect(text).toContain('import { wechatOfficial } from "./wechat-official/index.ts";\n');
    expect(text).toContain("platforms: readonly Platform[] = [feishu, wechatOfficial];\n");
  });

  it("has one platform a folder, with the folder's name for its id", () => {
    expect(platforms.map(({ id }) => id)).toEqual(platformFolders());
  });

  it("finds a platform by its id, by its aliases and by the name the API shows", () => {
    for (const platform of platforms) {
      const { id, aliases, apiName = id } = platform;
      for (const name of [id, ...aliases, apiName]) expect(platformNamed(name)).toBe(platform);
    }
    expect(platformNamed("wechat")?.id).toBe("wecom");
  });

  it("gives no name to two platforms", () => {
    const names = platforms.flatMap(({ id, aliases, apiName = id }) => [...new Set([id, ...aliases, apiName])]);
    expect(names).toEqual([...new Set(names)]);
  });

  it("does not take what every object has for a platform", () => {
    for (const name of ["", "toString", "__proto__", "Feishu"]) expect(platformNamed(name)).toBeUndefined();
  });
});
