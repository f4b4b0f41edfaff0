/** One way to do the same thing. `n` says which of the prepared inputs is meant; what it gives is thrown away. */
export interface Contender<Name extends string = string> {
  readonly name: Name;
  readonly run: (n: number) => unknown;
}

/** Operations per second by contender, of one round. */
export type RoundRates<Name extends string> = Readonly<Record<Name, number>>;

export interface SideBySide {
  readonly rounds: number;
  /** How long each contender has in a round. */
  readonly forMs: number;
}

/** Every contender's turn in a round is cut into as many. A disturbance hits all of them, not the one whose turn it is. */
const slices = 10;
/** Operations between two looks at the clock. */
const batch = 50;

/** Lets them take turns in this process. Those that answer with promises are awaited, as whoever uses them would. */
export async function sideBySide<Name extends string>(
  contenders: readonly Contender<Name>[],
  { rounds, forMs }: SideBySide,
): Promise<RoundRates<Name>[]> {
  // Compiled and settled before anything counts.
  for (const contender of contenders) await turn(contender, forMs);
  const measured: RoundRates<Name>[] = [];
  for (let round = 0; round < rounds; round++) {
    const sums = new Map(contenders.map(({ name }) => [name, { done: 0, tookMs: 0 }]));
    for (let slice = 0; slice < slices; slice++) {
      for (const contender of slice % 2 === 0 ? contenders : contenders.toReversed()) {
        const { done, tookMs } = await turn(contender, forMs / slices);
        const sum = sums.get(contender.name);
        if (sum) Object.assign(sum, { done: sum.done + done, tookMs: sum.tookMs + tookMs });
      }
    }
    const rates = [...sums].map(([name, { done, tookMs }]) => [name, (done / tookMs) * 1000] as const);
    measured.push(Object.fromEntries(rates) as RoundRates<Name>);
  }
  return measured;
}

async function turn({ run }: Contender, forMs: number): Promise<{ done: number; tookMs: number }> {
  const from = performance.now();
  let done = 0;
  let tookMs = 0;
  do {
    for (let n = 0; n < batch; n++) {
      const result = run(done++);
      if (result instanceof Promise) await result;
    }
    tookMs = performance.now() - from;
  } while (tookMs < forMs);
  return { done, tookMs };
}
