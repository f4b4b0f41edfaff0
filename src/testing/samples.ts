import type { Message } from "../model/message.ts";
import { numbered, type Plan, send, type Target } from "../model/plan.ts";
import type { Recipient } from "../model/recipient.ts";
import { defaultTenant } from "../model/recipient.ts";
import type { NewTask } from "../store/store.ts";

/** A Message with nothing remarkable about it, except what a test says. */
export function aMessage(said: Partial<Message> = {}): Message {
  return { title: "Disk", body: "is **full**", level: "info", style: "text", ...said };
}

/** A Target whose Channel has the name as its id. */
export function aTarget(name: string, platform = "alpha"): Target {
  return { channel: name, platform, name };
}

/** A Recipient of these Channels, by platform, and of these system notifications. */
export function aRecipient(
  platforms: Readonly<Record<string, readonly string[]>>,
  notifications: readonly string[] = [],
): Recipient {
  return {
    tenant: defaultTenant,
    alias: "ops",
    name: "Operations",
    platforms: Object.entries(platforms).map(([platform, names]) => ({
      platform,
      targets: names.map((name) => aTarget(name, platform)),
    })),
    notifications: notifications.map((name) => aTarget(name, "system")),
  };
}

/** A Task for one Channel, `lane`, except what a test says. */
export function aTask(id: string, said: Partial<NewTask> & { readonly lane?: string } = {}): NewTask {
  const { lane = "lane", ...rest } = said;
  const plan: Plan = numbered(send(aTarget(lane)));
  return {
    tenant: defaultTenant,
    id,
    recipient: "ops",
    recipientName: "Operations",
    strategy: "failover",
    message: aMessage(),
    plan: { id: `plan of ${lane}`, plan },
    start: [0],
    createdAt: 1_000,
    ...rest,
  };
}
