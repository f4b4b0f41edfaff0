/** Lets many wait for what one thing will show; whoever changes it says so. */
export class Watch {
  readonly #looks = new Set<() => void>();

  /** Something changed: everyone who waits looks again. */
  changed(): void {
    for (const look of [...this.#looks]) look();
  }

  /**
   * Resolves with the first answer that is not undefined.
   *
   * @param what For the error, with what was there instead.
   * @throws Error when there is none within ten seconds, which is long for one machine to talk to itself.
   */
  until<T>(ask: () => T | undefined, what: () => string, deadlineMs = 10_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#looks.delete(look);
      };
      const look = () => {
        try {
          const answer = ask();
          if (answer === undefined) return;
          done();
          resolve(answer);
        } catch (error) {
          done();
          reject(error);
        }
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`not within ${deadlineMs} ms: ${what()}`));
      }, deadlineMs);
      this.#looks.add(look);
      look();
    });
  }
}
