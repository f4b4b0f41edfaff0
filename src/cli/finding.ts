/** The same said twice, for who reads English and for who reads Chinese. */
export interface Advice {
  readonly en: string;
  readonly zh: string;
}

/** Something that is not as it should be. */
export interface Finding {
  /** What it is about, and what was seen there. Holds no secret. */
  readonly what: string;
  readonly advice: Advice;
}

/** What `yizhan doctor` saw. */
export interface Examination {
  /** What is as it should be, or only worth knowing; a line each. */
  readonly seen: readonly string[];
  readonly findings: readonly Finding[];
}

/** For a terminal: what was seen, then each finding with what to do about it. */
export function reportOf({ seen, findings }: Examination): string {
  const lines = [
    ...seen.map((line) => `  ${line}`),
    ...findings.flatMap(({ what, advice }) => [`! ${what}`, `    ${advice.en}`, `    ${advice.zh}`]),
    findings.length === 0 ? "nothing to fix 没有需要处理的问题" : `${findings.length} to fix 项需要处理`,
  ];
  return `${lines.join("\n")}\n`;
}
