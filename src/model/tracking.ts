import type { MessageState } from "./event-data.ts";

/**
 * How the hub comes to know that a message reached a state: the platform says so by itself (`reported`), says so
 * when it is asked (`asked`), or never says.
 */
export type Reporting = "reported" | "asked" | "not reported by this platform";

/** What can be known of each state on one kind of channel. */
export type Knowable = Readonly<Record<MessageState, Reporting>>;
