import type { Ending, Endings, Progress } from "../model/next.ts";
import type { Plan } from "../model/plan.ts";

interface Node {
  readonly parent: Node | undefined;
  readonly children: readonly Node[];
  /** Starts its children one after another, and stops at the first that reaches somebody. */
  readonly inOrder: boolean;
  readonly leaf: number;
  /** Leaves under it that are under way. */
  running: number;
  /** Did a leaf under it succeed? */
  reached: boolean;
  /** For `inOrder`: which child it is at. */
  at: number;
}

/**
 * `next` of the model, but remembering where it was: an ending costs the depth of the Plan instead of its size,
 * which matters when one Message goes to a thousand Channels. A property test holds the two against each other.
 */
export class PlanProgress {
  readonly #root: Node;
  readonly #leaves: Node[] = [];

  /** @param endings What the store knows; the leaves that should be under way are not given out again. */
  constructor(plan: Plan, endings: Endings) {
    this.#root = this.#build(plan, undefined);
    this.#begin(this.#root, []);
    // In ascending order a leaf of a later alternative comes after those whose failure started it.
    for (const leaf of [...endings.keys()].sort((a, b) => a - b)) {
      const ending = endings.get(leaf);
      if (ending) this.end(leaf, ending);
    }
  }

  /** One leaf ended. What starts now, and the outcome once nothing is under way. A repeat changes nothing. */
  end(leaf: number, ending: Ending): Progress {
    const start: number[] = [];
    const node = this.#leaves[leaf];
    if (node && node.running > 0) this.#settle(node, ending === "success", start);
    if (this.#root.running > 0) return { start };
    return { start, outcome: this.#root.reached ? "completed" : "failed" };
  }

  #settle(node: Node, reached: boolean, start: number[]): void {
    node.running = 0;
    node.reached = reached;
    let change = -1;
    let child = node;
    for (let parent = node.parent; parent; parent = parent.parent) {
      parent.reached ||= child.reached;
      parent.running += change;
      if (parent.inOrder && parent.running === 0 && !parent.reached) {
        this.#advance(parent, start);
        change += parent.running;
      }
      child = parent;
    }
  }

  /** Starts the next child that has anything to start. */
  #advance(node: Node, start: number[]): void {
    while (node.running === 0 && node.at < node.children.length - 1) {
      const child = node.children[++node.at];
      if (child) this.#begin(child, start);
      node.running = child?.running ?? 0;
    }
  }

  #begin(node: Node, start: number[]): void {
    if (node.leaf >= 0) {
      node.running = 1;
      start.push(node.leaf);
    } else if (node.inOrder) {
      this.#advance(node, start);
    } else {
      for (const child of node.children) {
        this.#begin(child, start);
        node.running += child.running;
      }
    }
  }

  #build(plan: Plan, parent: Node | undefined): Node {
    const children: Node[] = [];
    const inOrder = plan.kind === "first" || plan.kind === "lastResort";
    const leaf = plan.kind === "send" ? plan.leaf : -1;
    const node: Node = { parent, children, inOrder, leaf, running: 0, reached: false, at: -1 };
    if (plan.kind === "send") this.#leaves[plan.leaf] = node;
    else if (plan.kind === "lastResort") {
      children.push(this.#build(plan.plan, node), this.#build(plan.otherwise, node));
    } else for (const child of plan.plans) children.push(this.#build(child, node));
    return node;
  }
}
