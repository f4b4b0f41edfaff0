/** At most `messages` in any span of `perMs` milliseconds. */
export interface RateWindow {
  readonly messages: number;
  readonly perMs: number;
}
