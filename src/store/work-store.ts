/** Who of several processes does what only one may do at a time. */
export interface LeaseStore {
  /**
   * Takes or renews a lease until then; false when another owner's has not run out.
   *
   * @param now Epoch milliseconds, as `until`: by the caller's clock, so the clocks of those who compete must agree to
   *   well within the length of a lease.
   */
  takeLease(name: string, owner: string, now: number, until: number): Promise<boolean>;
  /** Gives it back, if it is still this owner's. */
  dropLease(name: string, owner: string): Promise<void>;
}

/** Small things that a room remembers over a restart, by name: how far a mailbox was read. */
export interface StateStore {
  /** As it was saved; undefined when it never was. */
  state(tenant: string, name: string): Promise<unknown>;
  /** Resolves once it is on stable storage. `value` must survive JSON. */
  saveState(tenant: string, name: string, value: unknown): Promise<void>;
}

/** An app's token for its platform's API. Sealed. */
export interface StoredToken {
  readonly token: string;
  /** From then on somebody gets a new one. Epoch milliseconds. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** Tokens, shared by all processes. */
export interface TokenStore {
  /** @param app Names the app; holds no secret. */
  token(app: string): Promise<StoredToken | undefined>;
  saveToken(app: string, token: StoredToken): Promise<void>;
}

export interface NewJob {
  /** The same for the same work, within its kind. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** Must survive JSON. Holds no secret. */
  readonly data: unknown;
}

/** Work that waits for its time. */
export interface Job {
  readonly key: string;
  readonly data: unknown;
  /** Attempts that counted so far. */
  readonly attempts: number;
  readonly createdAt: number;
}

export interface JobStore {
  /** Adds those that are not there; answers how many. */
  addJobs(kind: string, jobs: readonly NewJob[], now: number): Promise<number>;
  /**
   * Those that are due, the first due first. Nobody else gets them until then: whoever dies meanwhile loses nothing.
   *
   * @param until Epoch milliseconds.
   */
  takeJobs(kind: string, now: number, until: number, limit: number): Promise<Job[]>;
  /** When the next one is due. */
  nextJobAt(kind: string): Promise<number | undefined>;
  /** @param error Why; holds no secret. */
  postponeJob(kind: string, key: string, dueAt: number, attempts: number, error?: string): Promise<void>;
  deleteJob(kind: string, key: string): Promise<void>;
  jobCount(kind: string): Promise<number>;
}

/** A received message's file, in the blob folder by its content. */
export interface FetchedFile {
  readonly kind: "fetched";
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** As the platform said. */
  readonly contentType?: string | undefined;
  readonly name?: string | undefined;
}

export type StoredAttachment = FetchedFile | { readonly kind: "failed"; readonly error: string };

export interface AttachmentStore {
  /**
   * What became of an Event's nth file, from 0; undefined while it is waited for, and where there is none.
   */
  attachment(tenant: string, event: string, n: number): Promise<StoredAttachment | undefined>;
  /** What was said first stands. */
  saveAttachment(event: string, n: number, file: StoredAttachment, at: number): Promise<void>;
  /**
   * Files that were saved before then are kept no longer; this is said in their place. Answers how many.
   *
   * @param before Epoch milliseconds.
   */
  expireAttachments(before: number, error: string): Promise<number>;
  /** Of all files that are kept, each content once. */
  attachmentBytes(): Promise<number>;
  /** Does an Event that is still stored have this file? */
  wantsBlob(sha256: string): Promise<boolean>;
}
