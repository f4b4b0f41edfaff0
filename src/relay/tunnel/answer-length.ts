import { FrameError } from "./frames.ts";

/**
 * Holds a body to the length that its head tells. Whoever writes the answer on counts on it: a byte more would be taken
 * for the beginning of the next answer on the same connection.
 */
export class AnswerLength {
  /** Bytes that are still to come; undefined where nobody knows. */
  #left: number | undefined;

  private constructor(left: number | undefined) {
    this.#left = left;
  }

  /**
   * RFC 9110 §6.4.1 and §8.6: answers to HEAD, and those with 204 and 304, have no body.
   *
   * @returns undefined for a length that is none, or is told twice.
   */
  static of(method: string, status: number, headers: readonly string[]): AnswerLength | undefined {
    let told: string | undefined;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] as string;
      if (name.length !== 14 || name.toLowerCase() !== "content-length") continue;
      const value = headers[index + 1] as string;
      if (told !== undefined || !/^\d{1,15}$/.test(value)) return undefined;
      told = value;
    }
    if (method === "HEAD" || status === 204 || status === 304) return new AnswerLength(0);
    return new AnswerLength(told === undefined ? undefined : Number(told));
  }

  /** @throws FrameError when more came than was told. */
  came(bytes: number): void {
    if (this.#left === undefined) return;
    this.#left -= bytes;
    if (this.#left < 0) throw new FrameError(`found ${-this.#left} bytes more than the answer's head tells`);
  }

  /** Is all there that was told of? */
  get isWhole(): boolean {
    return this.#left === undefined || this.#left === 0;
  }
}
