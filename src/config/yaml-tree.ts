import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
} from "yaml";
import type { Environment } from "./environment.ts";
import { fill } from "./placeholders.ts";
import { formatPath, type Path, type Place, type Problem } from "./problem.ts";
import { yamlMistake } from "./yaml-mistakes.ts";

type ScalarValue = string | number | boolean | null;

/** A value of the file that remembers where it stands. */
export interface TreeNode {
  value: ScalarValue | Map<string, TreeNode> | TreeNode[];
  readonly at: Place;
  /** Where its key stands, for what is inside a section. */
  readonly keyAt?: Place;
  /** A scalar as text, placeholders filled. */
  readonly text?: string;
  /** A scalar as the file writes it, where it has placeholders; shown in place of what they stand for. */
  readonly placeholder?: string;
  /** Variables it needs that are not set. */
  readonly unset?: readonly string[];
  /** The path that the file has it under, where it was moved for reading. */
  readonly writtenAs?: Path;
}

export interface Tree {
  readonly root: TreeNode | undefined;
  readonly problems: Problem[];
  readonly notes: string[];
}

/** Deeper than any real file, shallow enough for every recursive reader. */
const maxDepth = 32;
/** Values that exist only through aliases: a few lines of YAML can otherwise ask for billions. */
const maxAliased = 100_000;

/** A broken bracket makes everything after it look broken too. */
const maxMistakes = 10;

/** Reads YAML 1.2 (so JSON too), with merge keys. Keeps the place of every value and fills placeholders. */
export function readTree(file: string, text: string, env: Environment): Tree {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    // The parser's own messages quote the source, which may hold secrets, so they are not made at all;
    // its check for duplicate keys compares every pair, so ours does it instead.
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return broken({ file, line: 0, column: 0 }, `nested too deeply, expected at most ${maxDepth} levels`);
  }
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const mistakes = [...document.errors, ...document.warnings];
  if (mistakes.length > 0) {
    const problems = mistakes.slice(0, maxMistakes).map((mistake) => ({
      ...placeOf(mistake.pos[0]),
      path: "",
      message: yamlMistake(mistake.code),
    }));
    return { root: undefined, problems, notes: [] };
  }
  return new TreeBuilder(document, placeOf, env).build();
}

function broken(place: Place, message: string): Tree {
  return { root: undefined, problems: [{ ...place, path: "", message }], notes: [] };
}

class TreeBuilder {
  readonly #document: Document.Parsed;
  readonly #placeOf: (offset: number) => Place;
  readonly #env: Environment;
  readonly #problems: Problem[] = [];
  readonly #notes: string[] = [];
  /** Our own, because the library searches the whole document for each alias. */
  readonly #anchors = new Map<string, Node>();
  #aliased = 0;
  #aliasDepth = 0;

  constructor(document: Document.Parsed, placeOf: (offset: number) => Place, env: Environment) {
    this.#document = document;
    this.#placeOf = placeOf;
    this.#env = env;
  }

  build(): Tree {
    const { contents } = this.#document;
    const root = contents ? this.#node(contents, []) : undefined;
    return { root, problems: this.#problems, notes: this.#notes };
  }

  #node(node: Node, path: Path, keyAt?: Place): TreeNode | undefined {
    const at = this.#placeOf(node.range?.[0] ?? 0);
    if (path.length > maxDepth) return this.#refuse(at, path, `nested too deeply, expected at most ${maxDepth} levels`);
    if (this.#aliasDepth > 0 && ++this.#aliased > maxAliased) {
      if (this.#aliased > maxAliased + 1) return undefined;
      return this.#refuse(at, path, `aliases repeat too much, expected at most ${maxAliased} repeated values`);
    }
    const where = keyAt ? { at, keyAt } : { at };
    if (isAlias(node)) return this.#resolved(this.#anchors.get(node.source), at, path, keyAt);
    if (node.anchor) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return { ...where, value: this.#entries(node.items as Pair<Node, Node | null>[], path) };
    if (isSeq(node)) {
      const items = (node.items as Node[]).map((item, index) => this.#node(item, [...path, index]));
      return { ...where, value: items.filter((item) => item !== undefined) };
    }
    return isScalar(node) ? { ...where, ...this.#scalar(node, path, at) } : undefined;
  }

  #resolved(target: Node | undefined, at: Place, path: Path, keyAt: Place | undefined): TreeNode | undefined {
    if (!target) return this.#refuse(at, path, "this alias has no anchor before it");
    // An alias inside its own anchor would never end: the depth stops it, the count stops what is wide.
    this.#aliasDepth++;
    const node = this.#node(target, path, keyAt);
    this.#aliasDepth--;
    return node;
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], path: Path): Map<string, TreeNode> {
    const entries = new Map<string, TreeNode>();
    const firstLine = new Map<string, number>();
    const merges: Node[] = [];
    for (const { key, value } of pairs) {
      const keyAt = this.#placeOf(key.range?.[0] ?? 0);
      if (!isScalar(key)) {
        this.#refuse(keyAt, path, "found a list or section as a key, expected text");
        continue;
      }
      if (key.source === "<<" && key.type === Scalar.PLAIN && value) {
        merges.push(value);
        continue;
      }
      const name = key.source ?? String(key.value);
      const earlier = firstLine.get(name);
      if (earlier !== undefined) {
        this.#refuse(keyAt, [...path, name], `duplicate key, first set on line ${earlier}; expected it once`);
        continue;
      }
      firstLine.set(name, keyAt.line);
      const node = value ? this.#node(value, [...path, name], keyAt) : { at: keyAt, keyAt, value: null };
      if (node) entries.set(name, node);
    }
    for (const merge of merges) this.#merge(merge, entries, path);
    return entries;
  }

  /** Merge keys (https://yaml.org/type/merge.html): what the section says itself wins, then the earlier source. */
  #merge(source: Node, entries: Map<string, TreeNode>, path: Path): void {
    const node = this.#node(source, path);
    const sources = Array.isArray(node?.value) ? node.value : [node];
    for (const { value, at } of sources.filter((each) => each !== undefined)) {
      if (!(value instanceof Map)) {
        this.#refuse(at, path, "found a merge key (<<) without a section, expected an alias of a section");
        continue;
      }
      for (const [name, child] of value) if (!entries.has(name)) entries.set(name, child);
    }
  }

  #scalar(node: Scalar, path: Path, at: Place): Pick<TreeNode, "value" | "text" | "placeholder" | "unset"> {
    const value = node.value as ScalarValue;
    if (typeof value !== "string") return { value, text: node.source ?? String(value) };
    const filled = fill(value, this.#env);
    if (!filled) return { value, text: value };
    if (filled.malformed) {
      this.#refuse(
        at,
        path,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is about this very syntax
        'found "${" without a name and a "}", expected ${NAME} or ${NAME:-default}; write "$${" for the text itself',
      );
    } else if (/\$\$(?!\{)/.test(value)) {
      this.#notes.push(
        `${at.file}:${at.line}:${at.column} ${formatPath(path)}: "$$" is read as one "$"; write "$$$$" for two`,
      );
    }
    const typed = filled.whole && node.type === Scalar.PLAIN ? scalarOf(filled.text) : filled.text;
    const unset = filled.unset.length > 0 ? { unset: filled.unset } : {};
    return { value: typed, text: filled.text, placeholder: value, ...unset };
  }

  #refuse(place: Place, path: Path, message: string): undefined {
    this.#problems.push({ ...place, path: formatPath(path), message });
  }
}

/** What YAML's core schema (https://yaml.org/spec/1.2.2/#1032-tag-resolution) makes of an unquoted text. */
function scalarOf(text: string): ScalarValue {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^(null|Null|NULL|~|)$/.test(text)) return null;
  return /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}
