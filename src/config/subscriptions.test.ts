import { describe, expect, it } from "vitest";
import { defaultSchedule } from "../dispatch/retry-schedule.ts";
import { platforms } from "../platforms/registry.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

function read(text: string) {
  return readConfig({ file: "config.yaml", text, env: {}, platforms });
}

function delaysOf(text: string): readonly number[] {
  const loaded = read(text);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.config.subscriptions.retryDelaysMs;
}

describe("the delays between attempts at an Event", () => {
  it("are those that subscriptions have by themselves, where the file says nothing", () => {
    expect(delaysOf("")).toEqual(defaultSchedule.delaysMs);
  });

  it("are the file's, in seconds or as it writes them", () => {
    expect(delaysOf("subscriptions: { retry_delays: [1, 500ms, 2h] }")).toEqual([1_000, 500, 7_200_000]);
    expect(delaysOf("subscriptions: { retry_delays: [] }")).toEqual([]);
  });

  it("are told where they are wrong", () => {
    const loaded = read("subscriptions:\n  retry_delays: [5s, soon]\n");
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([
      expect.stringMatching(/^config\.yaml:2:22 subscriptions\.retry_delays\[1\]: found "soon", expected a duration/),
    ]);
  });
});
