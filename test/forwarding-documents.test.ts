import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resealers } from "../src/platforms/resealers.ts";
import { root } from "./yizhan.ts";

describe.each(["docs/forwarding.md", "docs/forwarding.zh-CN.md"])("%s", (file) => {
  const text = readFileSync(join(root, file), "utf8");

  it("says what keys each platform's receivers have, and how soon they answer, as its folder has it", () => {
    const documented = [...text.matchAll(/^\| `([\w-]+)` +\| (`\w+`.*?) +\| ([\d.]+) s +\|$/gm)].map(
      ([, platform, keys = "", seconds]) => ({ platform, keys: keys.match(/\w+/g), seconds: Number(seconds) }),
    );
    const inCode = [...resealers].map(([platform, { keys, answerWithinMs }]) => {
      return {
        platform,
        keys: Object.keys((keys as unknown as { shape: object }).shape),
        seconds: answerWithinMs / 1000,
      };
    });
    expect(documented.toSorted(byPlatform)).toEqual(inCode.toSorted(byPlatform));
  });

  it("names every header that tells a receiver which callback it has", () => {
    for (const name of ["X-Yizhan-Forward-Id", "X-Yizhan-Attempt", "X-Yizhan-Replay"])
      expect(text).toContain(`\`${name}\``);
  });
});

function byPlatform(a: { platform?: string | undefined }, b: { platform?: string | undefined }): number {
  return String(a.platform) < String(b.platform) ? -1 : 1;
}
