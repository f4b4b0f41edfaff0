import type { ParsedEvent } from "../platforms/receiving.ts";
import type { StateStore } from "../store/store.ts";

/** A mailbox to be watched. */
export interface Mailbox {
  readonly tenant: string;
  readonly name: string;
  /** As the mailbox schema parsed it. Holds a password. */
  readonly settings: unknown;
}

/** What a watcher is given, and what it gives back. */
export interface WatchPorts {
  readonly settings: unknown;
  /** Resolves once the Events are stored; only then may the mail count as read. */
  onMail(mail: { readonly events: readonly ParsedEvent[]; readonly raw: Uint8Array }): Promise<void>;
  readonly state: { load(): Promise<unknown>; save(state: unknown): Promise<void> };
  onHealth(state: string): void;
}

export interface Watch {
  /** Ends it after the mail in hand. Harmless to repeat. */
  stop(): Promise<void>;
}

export interface MailboxesOptions {
  readonly store: StateStore;
  /** Opens a mailbox; loaded when there is one, for reading mail takes a lot of code. */
  readonly watch: (ports: WatchPorts) => Promise<Watch>;
  readonly onEvents: (mailbox: Mailbox, events: readonly ParsedEvent[], raw: string) => Promise<unknown>;
}

/** As much of a mail as is kept beside its Event; attachments are fetched from the server when they are wanted. */
const RAW_BYTES = 256 * 1024;

/** The mailboxes in force, each watched from where it was left. */
export class Mailboxes {
  readonly #options: MailboxesOptions;
  readonly #watches = new Map<string, { readonly settings: string; readonly watch: Promise<Watch> }>();
  readonly #health = new Map<string, string>();

  constructor(options: MailboxesOptions) {
    this.#options = options;
  }

  /** Watches these and no others; those whose settings did not change are left alone. */
  async configure(mailboxes: readonly Mailbox[]): Promise<void> {
    const wanted = new Map(mailboxes.map((mailbox) => [mailbox.name, mailbox]));
    const ended: Promise<void>[] = [];
    for (const [name, { settings, watch }] of this.#watches) {
      const now = wanted.get(name);
      if (now && JSON.stringify(now.settings) === settings) {
        wanted.delete(name);
        continue;
      }
      this.#watches.delete(name);
      ended.push(watch.then((running) => running.stop()));
    }
    await Promise.all(ended);
    for (const mailbox of wanted.values()) this.#start(mailbox);
  }

  /** `watching`, or why not. */
  health(name: string): string | undefined {
    return this.#health.get(name);
  }

  async stop(): Promise<void> {
    await this.configure([]);
  }

  #start(mailbox: Mailbox): void {
    const { store, watch, onEvents } = this.#options;
    const { tenant, name, settings } = mailbox;
    const state = `mailbox:${name}`;
    this.#health.set(name, "connecting");
    const started = watch({
      settings,
      async onMail({ events, raw }) {
        await onEvents(mailbox, events, Buffer.from(raw.subarray(0, RAW_BYTES)).toString("latin1"));
      },
      state: {
        load: () => store.state(tenant, state),
        save: (value) => store.saveState(tenant, state, value),
      },
      onHealth: (health) => this.#health.set(name, health),
    });
    this.#watches.set(name, { settings: JSON.stringify(settings), watch: started });
  }
}
