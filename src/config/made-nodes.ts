import type { TreeNode } from "./yaml-tree.ts";

/** A value that no file wrote. @param origin Shown in place of a file: `environment variable YIZHAN_PORT`. */
export function madeText(text: string, origin: string): TreeNode {
  return { at: { file: origin, line: 0, column: 0 }, value: text, text };
}

/** A section that no file wrote, or that stands where this node does. */
export function madeSection(entries: Iterable<readonly [string, TreeNode]>, like?: TreeNode): TreeNode {
  const { at, keyAt } = like ?? { at: { file: "environment", line: 0, column: 0 } };
  return { at, ...(keyAt ? { keyAt } : {}), value: new Map(entries) };
}

export function madeList(items: TreeNode[]): TreeNode {
  return { at: items[0]?.at ?? { file: "environment", line: 0, column: 0 }, value: items };
}
