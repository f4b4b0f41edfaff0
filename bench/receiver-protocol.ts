/** What the benchmark asks its receiver process. */
export type ToReceiver =
  /** Forgets everything and counts messages of this run: numbers below `most`, each to `places` robots. */
  | { readonly ask: "begin"; readonly run: string; readonly most: number; readonly places: number }
  | { readonly ask: "report" };

export type FromReceiver =
  | { readonly tell: "listening"; readonly url: string }
  | { readonly tell: "begun" }
  /** A few hundred times a second while messages arrive. */
  | { readonly tell: "progress"; readonly arrived: number }
  | ({ readonly tell: "report" } & ReceiverReport);

export interface ReceiverReport {
  /** How often message `n` came to robot `place`: at `n * places + place`. */
  readonly counts: Uint8Array;
  /** When message `n` first came anywhere, on the shared clock; 0 for never. */
  readonly arrivedAt: Float64Array;
  /** Messages that are none of the run's. */
  readonly strays: number;
}
