import type { MessageState } from "../model/event-data.ts";

/**
 * How the hub comes to know that a message reached a state: the platform says so, in its answer or by a callback
 * (`reported`), says so when it is asked (`asked`), or never says.
 */
export type Reporting = "reported" | "asked" | "not reported by this platform";

/** What a platform can honestly tell of a message's fate, by kind of channel (`robot`, `app` …). Shown to who asks. */
export type Tracking = Readonly<Record<string, Readonly<Record<MessageState, Reporting>>>>;
