import type { Delivery } from "../model/delivery.ts";
import type { Event } from "../model/event.ts";
import { type Interaction, type MessageState, messageStates, type Person } from "../model/event-data.ts";
import { describe } from "../model/platform-error.ts";
import type { Task } from "../model/task.ts";

/** One thing that became of a message on one Channel. */
export interface Step {
  readonly state: MessageState;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly person?: Person | undefined;
  readonly reason?: string | undefined;
  /** The Event that told; absent for what the hub did itself. */
  readonly event?: string | undefined;
}

/** What became of a message on one Channel. */
export interface ChannelRecord {
  readonly platform: string;
  /** The Recipient's name of the Channel, or the Account where the hub did not send it itself. */
  readonly channel: string;
  /** The platform's id, where it gives one. */
  readonly messageId?: string | undefined;
  /** Oldest first. */
  readonly steps: readonly Step[];
  readonly interactions: readonly (Interaction & { readonly at: number; readonly event: string })[];
}

/** A Channel's record as far as the hub knows it by itself: it accepted, and the platform took or refused. */
export function recordOfDelivery(task: Task, delivery: Delivery, events: readonly Event[]): ChannelRecord {
  const accepted: Step = { state: "accepted", at: task.createdAt };
  return {
    platform: delivery.platform,
    channel: delivery.name,
    ...(delivery.messageId === undefined ? {} : { messageId: delivery.messageId }),
    ...recordOfEvents([accepted, ...endingOf(delivery)], events),
  };
}

/** The record of a message that somebody else sent: only what the platform told. */
export function recordOfForeign(messageId: string, events: readonly Event[]): ChannelRecord[] {
  const byAccount = Map.groupBy(events, ({ platform, account }) => `${platform}\n${account}`);
  return [...byAccount.values()].map((told) => {
    const { platform = "", account = "" } = told[0] ?? {};
    return { platform, channel: account, messageId, ...recordOfEvents([], told) };
  });
}

/** The furthest a message came: what is known last in the order of states; failing and recalling count most. */
export function furthest(steps: readonly Step[]): MessageState | undefined {
  return messageStates.findLast((state) => steps.some((step) => step.state === state));
}

function endingOf({ status, updatedAt, error }: Delivery): Step[] {
  switch (status) {
    case "success":
      return [{ state: "sent", at: updatedAt }];
    case "failed":
      return [{ state: "failed", at: updatedAt, ...(error ? { reason: describe(error) } : {}) }];
    case "pending":
      return [];
  }
}

function recordOfEvents(own: readonly Step[], events: readonly Event[]): Pick<ChannelRecord, "steps" | "interactions"> {
  const steps = [...own, ...events.flatMap(stepsOf)].sort((a, b) => a.at - b.at);
  return { steps, interactions: events.flatMap(interactionsOf) };
}

function stepsOf(event: Event): Step[] {
  if (!isOf(event, "yizhan.message.status")) return [];
  const { state, person, reason } = event.data;
  return [{ state, at: Date.parse(event.time), person, reason, event: event.id }];
}

function interactionsOf(event: Event): ChannelRecord["interactions"][number][] {
  if (!isOf(event, "yizhan.message.interaction")) return [];
  return [{ ...event.data, at: Date.parse(event.time), event: event.id }];
}

function isOf<Type extends Event["type"]>(event: Event, type: Type): event is Event<Type> {
  return event.type === type;
}
