/** What became of a reply: `late`, `failed`, `refused` and `busy` left the person without one, `cut` with a part. */
export type ReplyOutcome = "replied" | "none" | "late" | "failed" | "refused" | "cut" | "busy";

/** Whoever counts and logs what becomes of replies. Must not throw. */
export interface ReplyObserver {
  /** @param detail In words, where something went wrong. */
  replied(account: { readonly platform: string; readonly name: string }, outcome: ReplyOutcome, detail?: string): void;
}
