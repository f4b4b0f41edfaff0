import type { AccountName, Callbacks } from "./callbacks.ts";
import type { CallReport, SendOptions } from "./caller.ts";
import type { EventName, HappeningInput } from "./callers/happening.ts";

type Fields<Name extends EventName> = Omit<Extract<HappeningInput, { event: Name }>, "event">;
type Action<Name extends EventName> = (what: AccountName & SendOptions & Fields<Name>) => Promise<CallReport>;

/**
 * Simulated people. Each call does something on a platform, sends the callback that follows from it, and tells what
 * came of it once the hub has taken it or the platform has given up. Rejects with a RangeError where the account is
 * not registered or its platform tells nobody of such a thing, with a ZodError where a field is wrong.
 */
export interface People {
  /** Writes a message, in a group (`chat`) or to the app. */
  readonly say: Action<"message">;
  /** Presses a card's button, or sends its form. */
  readonly click: Action<"click">;
  readonly read: Action<"read">;
  readonly recall: Action<"recall">;
  readonly react: Action<"react">;
  readonly unreact: Action<"unreact">;
  readonly join: Action<"join">;
  readonly leave: Action<"leave">;
  readonly subscribe: Action<"subscribe">;
  readonly unsubscribe: Action<"unsubscribe">;
  /** Opens the app. */
  readonly enter: Action<"enter">;
  /** Taps a menu entry. */
  readonly tap: Action<"menu">;
  readonly scan: Action<"scan">;
  /** Shares where they are. */
  readonly locate: Action<"location">;
}

export function peopleWho(callbacks: Callbacks): People {
  const action =
    <Name extends EventName>(event: Name): Action<Name> =>
    async ({ platform, account, attempts, repeats, ...fields }) => {
      const happened = { event, ...fields } as unknown as HappeningInput;
      return callbacks.tell({ platform, account }, happened, { attempts, repeats }).done;
    };
  return {
    say: action("message"),
    click: action("click"),
    read: action("read"),
    recall: action("recall"),
    react: action("react"),
    unreact: action("unreact"),
    join: action("join"),
    leave: action("leave"),
    subscribe: action("subscribe"),
    unsubscribe: action("unsubscribe"),
    enter: action("enter"),
    tap: action("menu"),
    scan: action("scan"),
    locate: action("location"),
  };
}
