import { describe, expect, it } from "vitest";
import { samplesOf } from "./metric-samples.ts";

const text = `# HELP a_total A.
# TYPE a_total counter
a_total{x="1",y="q\\"u\\\\o\\nte, }"} 3
a_total_more{x="1"} 9
a_total 4.5
b 1
not a sample at all
`;

describe("samples of a metric", () => {
  it("are its lines only, with labels as they were before they were quoted", () => {
    expect(samplesOf(text, "a_total")).toEqual([
      { labels: { x: "1", y: 'q"u\\o\nte, }' }, value: 3 },
      { labels: {}, value: 4.5 },
    ]);
  });

  it("are none when there is no such metric", () => expect(samplesOf(text, "c")).toEqual([]));
});
