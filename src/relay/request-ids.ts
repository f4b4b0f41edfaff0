import { randomBytes } from "node:crypto";

/** Ids of requests, for logs and error answers: unique over all processes, and cheap. */
export class RequestIds {
  readonly #start = randomBytes(6).toString("base64url");
  #count = 0;

  next(): string {
    return `${this.#start}-${(this.#count++).toString(36)}`;
  }
}
