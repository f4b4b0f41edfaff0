import type * as z from "zod";
import { formatPath, type Path, type Place, type Problem } from "./problem.ts";
import { fieldsAt, isSecret, keysAt } from "./schema-fields.ts";
import { expectation, mismatch, unknownKey } from "./wording.ts";
import type { TreeNode } from "./yaml-tree.ts";

export interface ReadOptions {
  /** Keys at the top of the value that belong to somebody else; known, but not given to the schema. */
  readonly without?: readonly string[];
  /**
   * For what is switched off: only unknown keys are problems; placeholders may be unset and values unfinished.
   */
  readonly lenient?: boolean;
}

/** Reads values out of a file's tree by schema, and gathers every problem on the way. */
export class Reader {
  readonly problems: Problem[] = [];
  readonly notes: string[] = [];
  readonly #root: TreeNode;

  constructor(root: TreeNode) {
    this.#root = root;
  }

  /** The value at the path as the schema parsed it; undefined after a problem. */
  read<T>(schema: z.ZodType<T>, path: Path, options: ReadOptions = {}): T | undefined {
    const node = without(this.node(path), options.without ?? []);
    const unset = options.lenient || !node ? new Set<string>() : this.#reportUnset(node, path);
    const result = parsed(schema, node);
    if (result.success) return unset.size === 0 ? result.data : undefined;
    const known = options.without ?? [];
    for (const issue of result.error.issues) this.#report(issue, schema, path, { known, unset, ...options });
    return undefined;
  }

  /** A section at the top; an absent one is an empty one. */
  readSection<T>(schema: z.ZodType<T>, name: string): T | undefined {
    return this.node([name])?.value == null ? schema.parse({}) : this.read(schema, [name]);
  }

  /** The entries of a section; none when it is absent or, after a problem, something else. */
  section(path: Path): Map<string, TreeNode> {
    const node = this.node(path);
    if (!node || node.value === null) return new Map();
    if (node.value instanceof Map) return node.value;
    this.problem(path, mismatch(node, "expected a section of keys and values", { mayQuote: false }));
    return new Map();
  }

  /** How many entries a list has. */
  lengthOf(path: Path): number {
    const node = this.node(path);
    if (!node || node.value === null) return 0;
    if (Array.isArray(node.value)) return node.value.length;
    this.problem(path, mismatch(node, "expected a list", { mayQuote: false }));
    return 0;
  }

  refuseUnknownKeys(path: Path, known: readonly string[]): void {
    for (const key of this.section(path).keys()) {
      if (!known.includes(key)) this.#unknown([...path, key], unknownKey(key, known));
    }
  }

  problem(path: Path, message: string, place = this.placeOf(path)): void {
    this.problems.push({ ...place, path: formatPath(this.#asWritten(path)), message });
  }

  note(path: Path, message: string): void {
    const { file, line, column } = this.placeOf(path);
    this.notes.push(
      `${line > 0 ? `${file}:${line}:${column}` : file} ${formatPath(this.#asWritten(path))}: ${message}`,
    );
  }

  node(path: Path): TreeNode | undefined {
    let node: TreeNode | undefined = this.#root;
    for (const step of path) node = childOf(node, step);
    return node;
  }

  /** Where the value stands; for a missing one, the key of the section it is missing from. */
  placeOf(path: Path): Place {
    let node = this.#root;
    for (const step of path) {
      const child = childOf(node, step);
      if (!child) return node.keyAt ?? node.at;
      node = child;
    }
    return node.at;
  }

  /** The path in the file's own keys. */
  #asWritten(path: Path): Path {
    let node: TreeNode | undefined = this.#root;
    let written: Path = [];
    for (const step of path) {
      node = childOf(node, step);
      written = node?.writtenAs ?? [...written, step];
    }
    return written;
  }

  #unknown(path: Path, message: string): void {
    this.problem(path, message, this.node(path)?.keyAt);
  }

  #reportUnset(node: TreeNode, path: Path): Set<string> {
    const seen = new Set<string>();
    for (const [at, { unset = [] }] of leaves(node, path)) {
      for (const name of unset) {
        this.problem(
          at,
          `the environment variable ${name} is not set; set it, or give a default: \${${name}:-default}`,
        );
      }
      if (unset.length > 0) seen.add(formatPath(at));
    }
    return seen;
  }

  #report(
    issue: z.core.$ZodIssue,
    schema: z.ZodType,
    base: Path,
    options: { lenient?: boolean; known: readonly string[]; unset: ReadonlySet<string> },
  ): void {
    const inner = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    const path = [...base, ...inner];
    if (issue.code === "unrecognized_keys") {
      const known = [...keysAt(schema, inner), ...(inner.length === 0 ? options.known : [])];
      for (const key of issue.keys) this.#unknown([...path, key], unknownKey(key, known));
      return;
    }
    if (options.lenient || options.unset.has(formatPath(path))) return;
    const fields = fieldsAt(schema, inner);
    const container = fields.some(({ type }) => type === "object" || type === "array");
    const mayQuote = !container && !isSecret(schema, inner);
    // A platform's own words come without a value, but a value may have slipped into them.
    const words = mayQuote ? issue.message : withoutValue(issue.message, this.node(path));
    this.problem(path, mismatch(this.node(path), words || `expected ${expectation(issue, fields)}`, { mayQuote }));
  }
}

function childOf(node: TreeNode | undefined, step: string | number): TreeNode | undefined {
  if (node?.value instanceof Map && typeof step === "string") return node.value.get(step);
  return Array.isArray(node?.value) && typeof step === "number" ? node.value[step] : undefined;
}

function without(node: TreeNode | undefined, keys: readonly string[]): TreeNode | undefined {
  if (!(node?.value instanceof Map) || keys.length === 0) return node;
  return { ...node, value: new Map([...node.value].filter(([key]) => !keys.includes(key))) };
}

function* leaves(node: TreeNode, path: Path): Generator<[Path, TreeNode]> {
  if (node.value instanceof Map) {
    for (const [key, child] of node.value) yield* leaves(child, [...path, key]);
  } else if (Array.isArray(node.value)) {
    for (const [index, child] of node.value.entries()) yield* leaves(child, [...path, index]);
  } else {
    yield [path, node];
  }
}

/**
 * Parses, and where the schema wanted another kind of scalar, takes the one that the text can be read as: a
 * password of digits is text, and a quoted "8080" a port. Files written for weakly typed readers rely on it.
 */
function parsed<T>(schema: z.ZodType<T>, node: TreeNode | undefined): z.ZodSafeParseResult<T> {
  // Empty messages mark the issues that have no words of their own.
  const parse = () => schema.safeParse(node && plain(node), { error: () => "" });
  const first = parse();
  if (first.success || !node) return first;
  let changed = false;
  for (const issue of first.error.issues) {
    if (issue.code !== "invalid_type") continue;
    let leaf: TreeNode | undefined = node;
    for (const step of issue.path) leaf = typeof step === "symbol" ? undefined : childOf(leaf, step);
    const value = leaf && readAs(issue.expected, leaf);
    if (!leaf || value === undefined) continue;
    leaf.value = value;
    changed = true;
  }
  return changed ? parse() : first;
}

function readAs(expected: string, { value, text }: TreeNode): string | number | boolean | undefined {
  if (value === null || text === undefined || typeof value === "object") return undefined;
  if (expected === "string") return text;
  if (expected === "number" || expected === "int")
    return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
  if (expected !== "boolean") return undefined;
  if (/^(true|yes|on)$/i.test(text)) return true;
  return /^(false|no|off)$/i.test(text) ? false : undefined;
}

/** As plain data. An empty value (`key:`) is an absent one. */
function plain(node: TreeNode): unknown {
  if (Array.isArray(node.value)) return node.value.map(plain);
  if (!(node.value instanceof Map)) return node.value;
  // Without a prototype, so that a key named __proto__ is a key like any other.
  const section: Record<string, unknown> = Object.create(null);
  for (const [key, child] of node.value) if (child.value !== null) section[key] = plain(child);
  return section;
}

function withoutValue(words: string, node: TreeNode | undefined): string {
  return node?.text && words.includes(node.text) ? "expected another value" : words;
}
