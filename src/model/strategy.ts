import { all, type Draft, first, lastResort, numbered, type Plan, send, type Target } from "./plan.ts";
import type { Recipient } from "./recipient.ts";

export const strategies = ["all", "failover", "webhook_failover", "mixed"] as const;

/** How a Recipient's platforms and Channels are combined. */
export type Strategy = (typeof strategies)[number];

/** What a push asks for: a strategy over everything, or one platform by name. */
export type Route = { readonly strategy: Strategy } | { readonly platform: string };

/** The id of the platform of last-resort notifications, which no strategy includes. */
export const systemPlatform = "system";

/**
 * The Plan of a route for a Recipient.
 *
 * @throws RangeError when a platform is named that the Recipient does not have.
 */
export function planFor(route: Route, recipient: Recipient): Plan {
  const notifications = all(recipient.notifications.map(send));
  if ("platform" in route && route.platform === systemPlatform) return numbered(notifications);
  return numbered(lastResort(strategyOver(route, recipient), notifications));
}

function strategyOver(route: Route, recipient: Recipient): Draft {
  const groups = recipient.platforms;
  if ("platform" in route) {
    const group = groups.find((candidate) => candidate.platform === route.platform);
    if (!group) throw new RangeError(`recipient ${recipient.alias} has no platform ${route.platform}`);
    return first(group.targets.map(send));
  }
  const within = (combine: (plans: readonly Draft[]) => Draft) =>
    groups.map(({ targets }: { targets: readonly Target[] }) => combine(targets.map(send)));
  switch (route.strategy) {
    case "all":
      return all(within(all));
    case "failover":
      return first(within(first));
    case "webhook_failover":
      return all(within(first));
    case "mixed":
      return first(within(all));
  }
}
