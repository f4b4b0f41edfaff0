/** How urgent a Message is; platforms show it by colour or icon. */
export type Level = "info" | "warning" | "error";

/** How a Message asks to be shown. A platform without cards shows the nearest thing it has. */
export type Style = "text" | "card";

/** Who should be notified by name, in the ids of the platform that the Message ends up on. */
export interface Mentions {
  readonly all?: boolean | undefined;
  /** Platform user ids: open_id (Feishu), userid (WeCom), userId (DingTalk). */
  readonly users?: readonly string[] | undefined;
  /** Mobile numbers; Feishu robots cannot mention by number. */
  readonly mobiles?: readonly string[] | undefined;
}

/** A link offered under the Message, as a button where the platform has buttons. */
export interface Action {
  readonly text: string;
  /** An absolute http or https URL. */
  readonly url: string;
}

/** Platform-neutral content: what a sender says, before any platform's rendering. */
export interface Message {
  readonly title: string;
  /** CommonMark. */
  readonly body: string;
  readonly level: Level;
  readonly style: Style;
  readonly mentions?: Mentions | undefined;
  readonly actions?: readonly Action[] | undefined;
}
