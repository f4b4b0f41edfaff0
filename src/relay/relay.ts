import type { IncomingMessage, ServerResponse } from "node:http";
import type { RelayObserver } from "./relay-observer.ts";
import { type BodyLength, type GuardRules, guardRequest } from "./request-guard.ts";
import { type RequestHeaderRules, requestHeaders } from "./request-headers.ts";
import type { RequestIds } from "./request-ids.ts";
import type { RelaySettings } from "./settings.ts";
import { plainAddress, type Trust } from "./trust.ts";
import { Visit, type VisitHost } from "./visit.ts";

/** A request whose head may pass. */
export interface PassedRequest {
  /** What follows the relay's prefix, byte for byte: path and query. */
  readonly rest: string;
  /** As they leave the relay. */
  readonly headers: readonly string[];
  readonly bodyLength: BodyLength;
  /** The caller waits for 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

/** What a relay does with the requests that it lets in: passes them on, or stores them first. */
export interface PassOn {
  take(visit: Visit, passed: PassedRequest): void;
  /** Ends what is under way. Harmless to repeat. */
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly settings: RelaySettings;
  readonly trust: Trust;
  readonly ids: RequestIds;
  readonly observer: RelayObserver;
  readonly passOn: PassOn;
}

/** How the relay calls itself in `Via`. */
const via = "yizhan";

/** One public path whose requests go to servers in the intranet. */
export class Relay implements VisitHost {
  readonly name: string;
  readonly prefix: string;
  readonly ids: RequestIds;
  readonly methods: ReadonlySet<string>;
  readonly #options: RelayOptions;
  readonly #guard: GuardRules;
  readonly #headers: RequestHeaderRules;
  readonly #whenIdle: (() => void)[] = [];
  #pending = 0;

  constructor(options: RelayOptions) {
    const { settings, trust, ids } = options;
    const { name, prefix, allowedPaths, limits, keepHost } = settings;
    this.name = name;
    this.prefix = prefix;
    this.ids = ids;
    this.methods = new Set(settings.methods);
    this.#options = options;
    const { headerLines, bodyBytes } = limits;
    this.#guard = { prefix, methods: this.methods, allowedPaths, headerLines, bodyBytes, via };
    this.#headers = { trust, keepHost, via };
  }

  /** Requests under way. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Takes a request below its prefix, straight from Node's parser.
   *
   * @param expectsContinue It has `Expect: 100-continue`, and nobody has answered that yet.
   */
  handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    this.#pending++;
    const visit = new Visit(request, response, this);
    const { method = "", url: target = "", rawHeaders, httpVersionMinor: minorVersion, socket } = request;
    const length = guardRequest({ method, target, minorVersion, rawHeaders }, this.#guard);
    if (typeof length === "string") {
      visit.refuse(length);
      return;
    }
    if (method === "OPTIONS" && request.headers["max-forwards"] === "0") {
      response.writeHead(204, ["Allow", [...this.methods].join(", ")]);
      response.end();
      return;
    }
    const peer = plainAddress(socket.remoteAddress ?? "");
    const origin = { method, httpVersion: request.httpVersion, peer, isTls: "encrypted" in socket };
    this.#options.passOn.take(visit, {
      rest: target.slice(this.prefix.length),
      headers: requestHeaders(rawHeaders, origin, this.#headers),
      bodyLength: length,
      expectsContinue,
    });
  }

  /** Refuses an expectation that is not `100-continue`. */
  refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    this.#pending++;
    new Visit(request, response, this).refuse("expectation-unknown");
  }

  over(visit: Visit): void {
    this.#pending--;
    this.#options.observer.finished(visit.finished());
    if (this.#pending === 0) for (const idle of this.#whenIdle.splice(0)) idle();
  }

  /** Closes once nothing is under way: its successor takes what comes. */
  async retire(): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await this.close();
  }

  close(): Promise<void> {
    return this.#options.passOn.close();
  }
}
