import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { RelayMetrics } from "../src/http/relay-metrics.ts";
import { emptyFolder } from "./folder.ts";
import { root, run } from "./yizhan.ts";

const languages = ["docs/targets.md", "docs/targets.zh-CN.md"] as const;
const [english, chinese] = languages.map((file) => readFileSync(join(root, file), "utf8")) as [string, string];

describe.each(languages)("%s", (file) => {
  const text = file === languages[0] ? english : chinese;

  it("shows a configuration that is one", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "config.yaml"), configIn(text));
    expect(await run(["check", "config.yaml"], { cwd: folder })).toMatchObject({ code: 0 });
  });

  it("shows the defaults of health and passive health, as the reference has them", () => {
    const reference = readFileSync(join(root, file.replace("targets", "configuration")), "utf8");
    const { health, passive_health } = parse(configIn(text)).relays.wework;
    const shown = { health, passive_health } as Record<string, Record<string, string | number>>;
    for (const [section, keys] of Object.entries(shown)) {
      for (const [key, value] of Object.entries(keys)) {
        if (key === "path") continue;
        const standard = String(value).replace(/s$/, "");
        const row = new RegExp(`^\\| \`${section}\\.${key}\` \\|[^|]*\\| \`${standard}\` \\|`, "m");
        expect([section, key, row.test(reference)]).toEqual([section, key, true]);
      }
    }
  });

  it("names only metrics that there are", () => {
    const rendered = new RelayMetrics().render({ pending: [], agents: [], targets: [] });
    const named = [...text.matchAll(/`(yizhan_\w+)`/g)].map(([, name]) => name);
    expect(named.length).toBe(4);
    for (const name of named) expect(rendered).toContain(`# TYPE ${name} `);
  });
});

it("is the same configuration in both languages", () => {
  expect(configIn(chinese)).toBe(configIn(english));
});

function configIn(text: string): string {
  return /^```yaml\n([\s\S]*?)^```/m.exec(text)?.[1] ?? "";
}
