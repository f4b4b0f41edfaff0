/** Looks up samples of Prometheus' text format by name and labels as they are written. */
export function metricsOf(text: string): (sample: string) => number | undefined {
  const samples = new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
  return (sample) => samples.get(sample);
}
