import type { Delivery } from "../model/delivery.ts";
import type { Task } from "../model/task.ts";
import type { EventStore, TaskStore } from "../store/store.ts";
import { type ChannelRecord, recordOfDelivery, recordOfForeign } from "./message-record.ts";

/** What became of one message, wherever it went. */
export interface MessageRecord {
  /** As it was asked for. */
  readonly messageId: string;
  /** The Task that sent it, where the hub did. */
  readonly task?: string | undefined;
  readonly channels: readonly ChannelRecord[];
}

/** Most Events of one message that are looked at: a message to a large group has a reader each. */
const MOST_EVENTS = 10_000;

/** Answers what became of messages, from what is stored: nothing is kept beside it that could disagree. */
export class Tracker {
  readonly #store: Pick<TaskStore, "task"> & Pick<EventStore, "eventsOfMessage" | "deliveriesOfMessage">;

  constructor(store: Pick<TaskStore, "task"> & Pick<EventStore, "eventsOfMessage" | "deliveriesOfMessage">) {
    this.#store = store;
  }

  /** By our id (the Task's) or the platform's. Undefined when neither is known. */
  async message(tenant: string, id: string): Promise<MessageRecord | undefined> {
    const own = await this.#store.task(tenant, id);
    if (own) {
      const sent = own.deliveries.map((delivery) => ({ task: own.task, delivery }));
      return { messageId: id, task: own.task.id, channels: await this.#channels(tenant, sent) };
    }
    const sent = await this.#store.deliveriesOfMessage(tenant, id);
    if (sent.length > 0) {
      return { messageId: id, task: sent[0]?.task.id, channels: await this.#channels(tenant, sent) };
    }
    const told = await this.#store.eventsOfMessage(tenant, id, MOST_EVENTS);
    if (told.length === 0) return undefined;
    const channels = recordOfForeign(
      id,
      told.map(({ event }) => event),
    );
    return { messageId: id, channels };
  }

  #channels(tenant: string, sent: readonly { task: Task; delivery: Delivery }[]): Promise<ChannelRecord[]> {
    return Promise.all(
      sent.map(async ({ task, delivery }) => {
        const { messageId, platform } = delivery;
        const told = messageId ? await this.#store.eventsOfMessage(tenant, messageId, MOST_EVENTS) : [];
        const events = told.map(({ event }) => event).filter((event) => event.platform === platform);
        return recordOfDelivery(task, delivery, events);
      }),
    );
  }
}
