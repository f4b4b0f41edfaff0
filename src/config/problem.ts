/** Keys and list positions from the top of the file. */
export type Path = readonly (string | number)[];

export interface Place {
  /** As the operator named it, or `environment` for a variable that overrides the file. */
  readonly file: string;
  /** From 1; 0 when the whole file, or no file, is meant. */
  readonly line: number;
  readonly column: number;
}

/** One thing that keeps a configuration from being used. Never quotes a secret. */
export interface Problem extends Place {
  /** e.g. `recipients.ops_alert.platforms.feishu.webhooks[0].url`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** `config.yaml:12:7 recipients.ops.name: found 7, expected text` */
export function formatProblem(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  return problem.path ? `${place} ${problem.path}: ${problem.message}` : `${place}: ${problem.message}`;
}

export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}\p{N}_-]+$/u.test(step)) text += text ? `.${step}` : step;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** In the order of the file; what has no line comes first. A file that is wrong everywhere is wrong a thousand times. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, 1_000);
}
