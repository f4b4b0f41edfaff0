import type { IncomingHttpHeaders } from "node:http";
import type { ForwardedRequest, NewForwards } from "../model/forward.ts";
import type { ForwardAnswers, PlatformAnswer } from "./forward-answers.ts";
import { laneName } from "./forward-lane.ts";
import { type PlannedReceiver, planForwards, type VerifiedCallback } from "./forward-plan.ts";
import type { RelayAccount } from "./settings.ts";

/** A request below a durable relay's prefix, whose framing and path are in order and whose body is all there. */
export interface CallbackCall {
  /** As it is passed on. */
  readonly request: ForwardedRequest;
  /** As they came, lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** The caller's address, with trusted proxies taken into account. */
  readonly remote: string;
}

export type CallbackOutcome =
  | { readonly kind: "answer"; readonly answer: PlatformAnswer }
  /** Nothing was stored. `reason`: a word that whoever calls may know. */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string };

/**
 * Verifies a callback as one of the account's and stores it, with what `plan` makes of it, in one transaction. Declared
 * here, found in the room that receives.
 *
 * @throws when the store cannot take it: the platform must come again.
 */
export type TakeCallback = (
  account: RelayAccount,
  call: CallbackCall,
  plan: (callback: VerifiedCallback) => NewForwards | undefined,
) => Promise<CallbackOutcome>;

export interface DurableRelayOptions {
  readonly name: string;
  readonly account: RelayAccount;
  readonly receivers: readonly (PlannedReceiver & { readonly answers: boolean })[];
  readonly take: TakeCallback;
  readonly answers: ForwardAnswers;
  /** How long the answering receiver may take: less than the platform waits. */
  readonly answerWithinMs: number;
  readonly wake: (lane: string) => void;
  readonly newId: () => string;
}

/** Takes callbacks in for systems that may be down: what it has answered is stored, and goes to each of them. */
export class DurableRelay {
  readonly #options: DurableRelayOptions;
  readonly #answering: string | undefined;

  constructor(options: DurableRelayOptions) {
    this.#options = options;
    this.#answering = options.receivers.find(({ answers }) => answers)?.name;
  }

  /** @throws what `take` throws. */
  async take(call: CallbackCall): Promise<CallbackOutcome> {
    const { name, account, receivers, take, answers, answerWithinMs, wake, newId } = this.#options;
    let planned: NewForwards | undefined;
    const taken = await take(account, call, (callback) => {
      planned = planForwards(name, receivers, call.request, callback, newId);
      // Before it is stored: its lane may run already, and be quick.
      if (planned) this.#expectAnswer(planned);
      return planned;
    });
    if (taken.kind === "refused" || !planned) return taken;
    const { chat, to } = planned;
    for (const { receiver } of to) wake(laneName({ relay: name, receiver, chat }));
    if (!this.#isAsked(planned)) return taken;
    const answer = await answers.answer(planned, answerWithinMs);
    return answer ? { kind: "answer", answer } : taken;
  }

  #expectAnswer(planned: NewForwards): void {
    if (this.#answering === undefined || !this.#isAsked(planned)) return;
    const { relay, chat } = planned;
    this.#options.answers.expect(planned, laneName({ relay, receiver: this.#answering, chat }));
  }

  #isAsked({ to }: NewForwards): boolean {
    return to.some(({ receiver }) => receiver === this.#answering);
  }
}
