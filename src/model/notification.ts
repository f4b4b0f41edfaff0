import type { Level, Style } from "./message.ts";

/** An item of the in-app inbox; also the last resort when all else failed. */
export interface Notification {
  /** `notify_YYYYMMDDhhmmss_NNNNNN`. */
  readonly id: string;
  readonly title: string;
  readonly message: string;
  readonly type: Level;
  readonly strategy: string;
  readonly style: Style;
  readonly source: string;
  readonly taskId: string;
  /** Why it was written: what failed, or that somebody asked for it. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly status: "unread" | "read";
}
