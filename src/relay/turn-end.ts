/** What waits for the end of this turn of the event loop. */
export interface AtTurnEnd {
  endOfTurn(): void;
}

/**
 * Runs what is left to write once everything that arrived in this turn has been read: requests to targets first, then
 * answers to callers. Writes to the same program that follow each other at once cost the system less than the same ones
 * each between two reads, or in turn with another program's: whoever is at the other end is woken once, and still awake
 * for the next. Measured with both on one core, it is a tenth of all processor time each.
 */
export class TurnEnd {
  #requests: AtTurnEnd[] = [];
  #answers: AtTurnEnd[] = [];
  #isScheduled = false;

  addRequest(task: AtTurnEnd): void {
    this.#requests.push(task);
    this.#schedule();
  }

  addAnswer(task: AtTurnEnd): void {
    this.#answers.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    const requests = this.#requests;
    const answers = this.#answers;
    this.#requests = [];
    this.#answers = [];
    for (const request of requests) request.endOfTurn();
    for (const answer of answers) answer.endOfTurn();
  };
}
