import { describe, expect, it } from "vitest";
import { reportOf } from "./finding.ts";

describe("the doctor's report", () => {
  it("says that there is nothing to fix", () => {
    expect(reportOf({ seen: ["all is well"], findings: [] })).toBe(
      "  all is well\nnothing to fix 没有需要处理的问题\n",
    );
  });

  it("says what to do below what was found, in both languages", () => {
    const findings = [{ what: "wecom oa: refused", advice: { en: "Do this.", zh: "请这样做。" } }];
    expect(reportOf({ seen: [], findings })).toBe(
      "! wecom oa: refused\n    Do this.\n    请这样做。\n1 to fix 项需要处理\n",
    );
  });
});
