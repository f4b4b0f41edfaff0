import type { Section } from "./section.ts";

export interface Results {
  readonly command: string;
  readonly quick: boolean;
  readonly date: string;
  readonly commit: string;
  readonly machine: readonly string[];
  readonly sections: readonly Section[];
}

/** The results as Markdown. */
export function resultsText({ command, quick, date, commit, machine, sections }: Results): string {
  const goals = sections.flatMap(({ verdicts }) =>
    verdicts.map(({ what, goal, measured, met }) => [what, goal, measured, met ? "yes" : "**no**"]),
  );
  return [
    "# Results",
    "",
    `Written by \`${command}\`; do not edit. ${quick ? "A **quick** run: shorter and smaller than what the goals ask for." : "A full run."}`,
    "",
    `- date: ${date}`,
    `- commit: ${commit}`,
    ...machine.map((line) => `- ${line}`),
    "",
    "Where a cell has three numbers, they are the median [least–most] of the rounds. Ratios are taken within a round.",
    "",
    "## Goals",
    "",
    ...table(["", "goal", "measured", "met"], goals),
    "",
    ...sections.flatMap(({ title, how, columns, rows }) => [`## ${title}`, "", ...table(columns, rows), "", how, ""]),
  ].join("\n");
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}
