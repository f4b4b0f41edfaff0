import type { Level } from "../../model/message.ts";
import type { Notification } from "../../model/notification.ts";

/** What system notifications need of the process they run in. */
export interface SystemPorts {
  /** Writes a block of text where a person looks: the process's standard output. */
  console(text: string): void;
  /** Writes to the application log at the Message's level. */
  log(level: Level, fields: Readonly<Record<string, string>>, text: string): void;
  readonly inbox: Inbox;
  /** Folder of `file` notifications; made when first needed. */
  readonly directory: string;
}

export interface Inbox {
  /**
   * Stores an item once per key: adding it again with the same key changes nothing. Gives the stored item,
   * with the id it got.
   */
  add(item: Omit<Notification, "id" | "status">, key: string): Promise<Notification>;
}
