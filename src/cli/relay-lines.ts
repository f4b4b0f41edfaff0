import type { RelaySettings } from "../relay/settings.ts";

/** What is relayed, a line each: the public path, and what is behind it. */
export function relayLines(url: string, relays: readonly Pick<RelaySettings, "prefix" | "delivery">[]): string[] {
  return relays.map(({ prefix, delivery }) => {
    const behind =
      delivery.mode === "transparent"
        ? delivery.pool.targets.map((each) => (each.kind === "origin" ? each.base : `tunnel ${each.tunnel}`))
        : delivery.receivers.map(({ name }) => name);
    return `  ${url}${prefix} → ${behind.join(", ")}`;
  });
}
