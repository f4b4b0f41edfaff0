import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accountSchemas } from "../src/config/account-schemas.ts";
import { platformDoors } from "../src/config/egress-schema.ts";
import { formatProblem } from "../src/config/problem.ts";
import { readConfig } from "../src/config/read.ts";
import { platforms } from "../src/platforms/registry.ts";
import { blocksOf } from "./documents/commands.ts";
import { root } from "./yizhan.ts";

const env = {
  EGRESS_KEY: "0123456789abcdef",
  WECHAT_CORP_ID: "ww0123456789abcdef",
  WECHAT_SECRET: "app-secret",
  WECHAT_TOKEN: "T0ken",
  WECHAT_ENCODING_AES_KEY: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
  FEISHU_WEBHOOK: "https://open.feishu.cn/open-apis/bot/v2/hook/t",
};

describe.each(["docs/egress.md", "docs/egress.zh-CN.md"])("%s", (file) => {
  it("lists every door and the server behind it", () => {
    const text = readFileSync(join(root, file), "utf8");
    const rows = [...text.matchAll(/^\| `(https:\S+)\/…` +\| `http:\/\/hub:8080\/egress\/(\S+)\/…` +\|$/gm)];
    expect(Object.fromEntries(rows.map(([, origin, name]) => [name, origin]))).toEqual(platformDoors);
  });

  it("shows configurations that are right", () => {
    const [door, inside] = blocksOf(file, "yaml").map((text) => {
      const loaded = readConfig({ file, text, env, platforms, accountSchemas });
      if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
      return loaded.config;
    });
    expect(door?.egress).toMatchObject({ enabled: true, keys: [env.EGRESS_KEY] });
    const proxy = `http://any:${env.EGRESS_KEY}@hub.example.com:8080`;
    expect(inside?.receivingAccounts).toMatchObject([{ proxy }]);
    expect(inside?.recipients[0]?.platforms[0]?.entries).toMatchObject([{ proxy }]);
  });
});
