import type { Attachment, MessageState, Person } from "../model/event-data.ts";
import type { PlatformError } from "../model/platform-error.ts";

export interface AppRequest {
  readonly method: "GET" | "POST";
  /** Absolute URL. Often carries a token, so it never goes into an error or a log. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
  readonly timeoutMs: number;
  /** The HTTP proxy to go through. May carry a password, so it never goes into an error or a log. */
  readonly proxy?: string | undefined;
}

export interface AppAnswer {
  readonly status: number;
  /** Lower-case names; a repeated header is an array. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as it comes, of any length. Throws HttpFailure when it breaks off. Read once, or closed. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends an answer that nobody reads. */
  close(): void;
}

/** Asks platforms' APIs, without following redirects. */
export interface AppHttp {
  /** @throws HttpFailure when no answer came. */
  open(request: AppRequest): Promise<AppAnswer>;
}

/** A token for a platform's API. */
export interface AppToken {
  readonly token: string;
  /** From now. Milliseconds. */
  readonly lifetimeMs: number;
}

/** Whose token it is. */
export interface AppIdentity {
  /** Where tokens are got. */
  readonly base: string;
  /** The app's public id. */
  readonly id: string;
  readonly secret: string;
}

export interface AppPorts {
  readonly http: AppHttp;
  /** For each request. */
  readonly timeoutMs: number;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** What an App's calls are given. */
export interface AppCall<Account> extends AppPorts {
  readonly account: Account;
  /**
   * Runs a call with the app's token, and once more with a new one where the platform refuses the first.
   *
   * @throws AppFailure when there is no token to be had, or what `use` throws.
   */
  withToken<T>(use: (token: string) => Promise<T>): Promise<T>;
}

/** One file of a received message. */
export interface WantedFile {
  readonly attachment: Attachment;
  readonly messageId: string;
  /** The platform's own body that told of the message, where it is still stored. */
  raw(): Promise<string | undefined>;
}

/** A file on its way. */
export interface FileAnswer {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly contentType: string | undefined;
  readonly name: string | undefined;
}

/** A message whose fate the platform tells when it is asked. */
export interface WatchedMessage {
  readonly messageId: string;
  /** What sort of message it is; one of the App's `statuses`. */
  readonly kind: string;
  /** The chat it was sent to, where the platform wants to be told. */
  readonly chat?: string | undefined;
  /** The app that sent it, where the platform wants to be told (DingTalk's AgentId). */
  readonly agent?: string | undefined;
}

/** What a platform answers of one message. */
export interface StatusAnswer {
  readonly states: readonly {
    readonly state: MessageState;
    readonly person?: Person | undefined;
    readonly reason?: string | undefined;
    /** When, where the platform says so. Epoch milliseconds. */
    readonly at?: number | undefined;
  }[];
  /** Nothing more will change. */
  readonly final: boolean;
}

/** A kind of message that can be asked about. */
export interface StatusQuery<Account> {
  /** How long after sending the platform answers. Milliseconds. */
  readonly limitMs: number;
  /** Which of a WatchedMessage's optional fields it cannot do without. */
  readonly needs: readonly ("chat" | "agent")[];
  /** @throws AppFailure */
  ask(message: WatchedMessage, call: AppCall<Account>): Promise<StatusAnswer>;
}

/** The few calls of a platform's API that need an app's token. */
export interface App<Account = unknown> {
  /** Undefined where the account has no secret, or needs no token. */
  identity(account: Account): AppIdentity | undefined;
  /**
   * Gets a token.
   *
   * @param refused The token that the platform just refused, where there is one.
   * @throws AppFailure
   */
  token(identity: AppIdentity, ports: AppPorts, refused?: string): Promise<AppToken>;
  /** @throws AppFailure */
  file?(wanted: WantedFile, call: AppCall<Account>): Promise<FileAnswer>;
  /** By kind of message. */
  readonly statuses?: Readonly<Record<string, StatusQuery<Account>>>;
  /**
   * The addresses that the platform calls back from.
   *
   * @throws AppFailure
   */
  addresses?(call: AppCall<Account>): Promise<readonly string[]>;
}

/** Checks an App against its types and forgets them, so that all fit one list. */
export function defineApp<Account>(app: App<Account>): App {
  return app as unknown as App;
}

/** A call to a platform's API failed. */
export class AppFailure extends Error {
  readonly error: PlatformError;
  /** The platform no longer takes the token: another one may do. */
  readonly tokenRefused: boolean;

  /** @param error Holds no secret. */
  constructor(error: PlatformError, options: ErrorOptions & { readonly tokenRefused?: boolean } = {}) {
    super(`[${error.code}] ${error.message}`, options);
    this.name = "AppFailure";
    this.error = error;
    this.tokenRefused = options.tokenRefused ?? false;
  }
}
