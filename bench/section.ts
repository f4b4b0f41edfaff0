/** One measurement as it is shown and written down. */
export interface Section {
  readonly title: string;
  /** Exactly what was done, in full sentences. */
  readonly how: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly verdicts: readonly Verdict[];
}

/** A goal and what came of it. */
export interface Verdict {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}
