import { callbackBytes, type EntranceOutcome, takeCallback } from "./callback-entrance.ts";
import type { Clock } from "./clock.ts";
import type { DurableRelay } from "./durable-relay.ts";
import { headerIn } from "./forward-verdict.ts";
import type { PassedRequest, PassOn } from "./relay.ts";
import type { RelayLimits } from "./settings.ts";
import type { Visit } from "./visit.ts";

export interface CallbackPassOnOptions {
  readonly relay: Pick<DurableRelay, "take">;
  readonly limits: Pick<RelayLimits, "bodyBytes" | "idleMs">;
  readonly clock: Clock;
}

/** Stores callbacks before it answers them; they are delivered afterwards. */
export class CallbackPassOn implements PassOn {
  readonly #options: CallbackPassOnOptions;

  constructor(options: CallbackPassOnOptions) {
    this.#options = options;
  }

  take(visit: Visit, { rest, headers, expectsContinue }: PassedRequest): void {
    const { relay, clock, limits } = this.#options;
    if (expectsContinue) visit.response.writeContinue();
    const head = { rest, headers, remote: headerIn(headers, "x-real-ip") ?? "" };
    const bodyLimits = { bytes: Math.min(limits.bodyBytes ?? callbackBytes, callbackBytes), idleMs: limits.idleMs };
    void takeCallback(relay, visit.request, head, bodyLimits, clock).then((outcome) => give(visit, outcome));
  }

  /** What is under way is stored, or not, by itself. */
  async close(): Promise<void> {}
}

function give(visit: Visit, outcome: EntranceOutcome): void {
  if (!visit.isOpen) return;
  switch (outcome.kind) {
    case "answer": {
      const { status, contentType, body } = outcome.answer;
      write(visit, status, contentType, body);
      return;
    }
    case "refused": {
      const { status, reason } = outcome;
      const message = status === 404 ? "回调账号不存在" : "回调被拒绝";
      // Why, in words, is for the operator's log: whoever forges a callback learns no more than the reason.
      const data = { reason, request_id: visit.id };
      write(visit, status, "application/json; charset=utf-8", JSON.stringify({ code: status, message, data }));
      return;
    }
    case "unavailable":
      visit.refuse("not-stored", String(outcome.error));
      return;
    default:
      visit.refuse(outcome.kind);
  }
}

function write({ response }: Visit, status: number, contentType: string, body: string | Uint8Array): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(status, ["Content-Type", contentType, "Content-Length", String(bytes.length)]);
  response.end(bytes);
}
