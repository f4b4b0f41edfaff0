/** What waits for the end of this turn of the event loop. */
export interface AtTurnEnd {
  endOfTurn(): void;
}

/**
 * Runs what is left to write once everything that arrived in this turn has been read. Writes that follow each other at
 * once cost the system less than the same ones each between two reads: whoever is at the other end is woken once, and
 * still awake for the next.
 */
export class TurnEnd {
  #waiting: AtTurnEnd[] = [];
  #isScheduled = false;

  add(task: AtTurnEnd): void {
    this.#waiting.push(task);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    const tasks = this.#waiting;
    this.#waiting = [];
    for (const task of tasks) task.endOfTurn();
  };
}
