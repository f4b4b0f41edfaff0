import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

function read(text: string) {
  const loaded = readConfig({ file: "config.yaml", text, env: {}, platforms });
  return loaded.ok ? loaded.config.media : loaded.problems.map(formatProblem);
}

describe("the limits of received files", () => {
  it("are 20 MiB each, 10 GiB in all, and kept as long as their events, where the file says nothing", () => {
    expect(read("")).toEqual({ fileBytes: 20_971_520, totalBytes: 10_737_418_240 });
  });

  it("are the file's", () => {
    const text = "media: { max_file_bytes: 1000, max_total_bytes: 0, retention_days: 7 }";
    expect(read(text)).toEqual({ fileBytes: 1_000, totalBytes: 0, retentionDays: 7 });
  });

  it("are told where they are wrong", () => {
    expect(read("media: { max_file_bytes: 0, retention_days: never }")).toEqual([
      expect.stringMatching(/media\.max_file_bytes: found 0, expected/),
      expect.stringMatching(/media\.retention_days: found "never", expected/),
    ]);
  });
});
