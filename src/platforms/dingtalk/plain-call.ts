import type { JsonObject } from "../json-fields.ts";
import type { CallbackRequest } from "../receiving.ts";
import type { DingtalkApp } from "./callback-account.ts";

/** A call whose body was readable as it came, not verified yet. */
export interface PlainCall {
  readonly request: CallbackRequest;
  readonly body: JsonObject;
  /** The body's text. */
  readonly raw: string;
  readonly app: DingtalkApp;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}
