/**
 * A Plan says in which order Channels are tried. It is made once, when a Task is accepted; leaves are
 * numbered from 0 in reading order, and everything that happens later refers to those numbers.
 *
 * `lastResort` is a `first` of two whose second half does not count as an alternative of the first:
 * a Channel is retried with patience before the alarm bell rings, not skipped because there is one.
 */
export type Plan =
  | { readonly kind: "send"; readonly leaf: number; readonly target: Target }
  | { readonly kind: "all"; readonly plans: readonly Plan[] }
  | { readonly kind: "first"; readonly plans: readonly Plan[] }
  | { readonly kind: "lastResort"; readonly plan: Plan; readonly otherwise: Plan };

/** One Channel as a Recipient refers to it. */
export interface Target {
  /** The Channel's id; also the lane its Deliveries queue in. */
  readonly channel: string;
  /** The platform's id, e.g. `feishu`. */
  readonly platform: string;
  /** The name this Recipient gives the Channel. */
  readonly name: string;
}

/** A Plan before its leaves are numbered. */
export type Draft =
  | { readonly kind: "send"; readonly target: Target }
  | { readonly kind: "all"; readonly plans: readonly Draft[] }
  | { readonly kind: "first"; readonly plans: readonly Draft[] }
  | { readonly kind: "lastResort"; readonly plan: Draft; readonly otherwise: Draft };

export const send = (target: Target): Draft => ({ kind: "send", target });
export const all = (plans: readonly Draft[]): Draft => ({ kind: "all", plans });
export const first = (plans: readonly Draft[]): Draft => ({ kind: "first", plans });
export const lastResort = (plan: Draft, otherwise: Draft): Draft => ({ kind: "lastResort", plan, otherwise });

/** Numbers the leaves of a draft in reading order, from 0. */
export function numbered(draft: Draft): Plan {
  let leaf = 0;
  const visit = (node: Draft): Plan => {
    switch (node.kind) {
      case "send":
        return { kind: "send", leaf: leaf++, target: node.target };
      case "all":
      case "first":
        return { kind: node.kind, plans: node.plans.map(visit) };
      case "lastResort": {
        const plan = visit(node.plan);
        return { kind: "lastResort", plan, otherwise: visit(node.otherwise) };
      }
    }
  };
  return visit(draft);
}

/** The Plan's leaves; `leavesOf(plan)[n]` is leaf n. */
export function leavesOf(plan: Plan): Target[] {
  switch (plan.kind) {
    case "send":
      return [plan.target];
    case "all":
    case "first":
      return plan.plans.flatMap(leavesOf);
    case "lastResort":
      return [...leavesOf(plan.plan), ...leavesOf(plan.otherwise)];
  }
}

/**
 * The leaves that have an alternative: when one fails, something else of the same strategy can still
 * reach the Recipient, so it is not worth waiting for.
 */
export function leavesWithAlternative(plan: Plan): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (node: Plan, hasAlternative: boolean): void => {
    switch (node.kind) {
      case "send":
        if (hasAlternative) found.add(node.leaf);
        return;
      case "all":
        for (const plan of node.plans) visit(plan, hasAlternative);
        return;
      case "first":
        node.plans.forEach((plan, index) => {
          visit(plan, hasAlternative || node.plans.slice(index + 1).some(hasLeaf));
        });
        return;
      case "lastResort":
        visit(node.plan, hasAlternative);
        visit(node.otherwise, hasAlternative);
    }
  };
  visit(plan, false);
  return found;
}

/** The leaves that only ring when the strategy has failed. */
export function leavesOfLastResort(plan: Plan): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (node: Plan, inside: boolean): void => {
    switch (node.kind) {
      case "send":
        if (inside) found.add(node.leaf);
        return;
      case "all":
      case "first":
        for (const plan of node.plans) visit(plan, inside);
        return;
      case "lastResort":
        visit(node.plan, inside);
        visit(node.otherwise, true);
    }
  };
  visit(plan, false);
  return found;
}

function hasLeaf(plan: Plan): boolean {
  switch (plan.kind) {
    case "send":
      return true;
    case "all":
    case "first":
      return plan.plans.some(hasLeaf);
    case "lastResort":
      return hasLeaf(plan.plan) || hasLeaf(plan.otherwise);
  }
}
