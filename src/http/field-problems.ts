import type * as z from "zod";

export interface FieldProblem {
  /** As the client wrote it: `content.actions[0].url`. */
  readonly field: string;
  /** Names the field and the rule. */
  readonly message: string;
}

/** Every bad field with the rule it breaks, in the schema's order; the first broken rule of each field. */
export function fieldProblems(error: z.ZodError, input: unknown, whole: string): FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  for (const issue of error.issues) {
    const field = issue.path.length === 0 ? whole : fieldName(issue.path);
    if (problems.has(field)) continue;
    problems.set(field, { field, message: `${field}${ruleOf(issue, valueAt(input, issue.path))}` });
  }
  return [...problems.values()];
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .slice(1);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function ruleOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined || value === null || value === "") return "不能为空";
  switch (issue.code) {
    case "invalid_type":
      return `必须是${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `必须是${issue.values.map(String).join("、")}之一`;
    case "too_big":
      if (issue.origin === "string") return `长度不能超过${issue.maximum}个字符`;
      if (issue.origin === "array") return `不能超过${issue.maximum}项`;
      return `不能大于${issue.maximum}`;
    case "too_small":
      return issue.origin === "string" ? "不能为空" : `不能小于${issue.minimum}`;
    case "invalid_format":
      return issue.format === "url" ? "必须是以http://或https://开头的完整网址" : "格式不正确";
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: "字符串",
  object: "对象",
  array: "数组",
  boolean: "布尔值true或false",
  number: "整数",
  int: "整数",
};
