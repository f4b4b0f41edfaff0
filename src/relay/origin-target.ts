import type { RelayFailure } from "./failure.ts";
import { type OriginAddress, originAddress } from "./origin-address.ts";
import { type ConnectionOwner, OriginConnection } from "./origin-connection.ts";
import { OriginExchange } from "./origin-exchange.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits, Target } from "./target.ts";
import { TurnEnd } from "./turn-end.ts";

export interface OriginTargetOptions {
  /** How long connecting may take, the TLS handshake included. */
  readonly connectMs: number;
  /** Shared by all that write in one program, it spares them work. */
  readonly turnEnd?: TurnEnd;
  /** Status line and header lines of one answer; 64 KiB by default. */
  readonly headBytes?: number;
  /** PEM of who is trusted to vouch for the origin, in place of those whom Node trusts. */
  readonly ca?: string | undefined;
}

/** Connections that are kept for the next request. */
const MOST_IDLE = 256;

/**
 * A server that is reached over HTTP/1.1, with kept connections, one for each request under way. Certificates are
 * verified.
 *
 * A request that was to go out on a kept connection which the server has just closed goes out on a fresh one: always
 * while nothing of it was sent, and after that where its method is safe to repeat (RFC 9112 §9.3.1).
 */
export class OriginTarget implements Target, ConnectionOwner {
  readonly name: string;
  readonly address: OriginAddress;
  readonly connectMs: number;
  readonly headBytes: number;
  readonly ca: string | undefined;
  readonly turnEnd: TurnEnd;
  readonly #idle: OriginConnection[] = [];
  readonly #open = new Set<OriginConnection>();
  #pending = 0;

  /** @param base http or https, origin and path. @throws TypeError for what is no URL. */
  constructor(base: string, options: OriginTargetOptions) {
    this.address = originAddress(base);
    this.name = this.address.name;
    this.connectMs = options.connectMs;
    this.headBytes = options.headBytes ?? 65_536;
    this.ca = options.ca;
    this.turnEnd = options.turnEnd ?? new TurnEnd();
  }

  get pending(): number {
    return this.#pending;
  }

  send(request: OutgoingRequest, sink: AnswerSink, limits: SendLimits): Sending {
    const exchange = new OriginExchange(request, sink, limits, this);
    this.#pending++;
    this.#give(exchange, this.#kept() ?? this.#fresh());
    return exchange;
  }

  async close(): Promise<void> {
    for (const connection of this.#open) connection.close();
  }

  /** For the exchange: it is over. */
  ended(exchange: OriginExchange): void {
    exchange.connection = undefined;
    this.#pending--;
  }

  freed(connection: OriginConnection): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(connection);
    else connection.destroy();
  }

  gone(connection: OriginConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  failed(exchange: OriginExchange, failure: RelayFailure, connection: OriginConnection): void {
    if (!exchange.isRepeated && wasClosedBefore(connection, failure) && mayGoAgain(exchange, failure)) {
      exchange.isRepeated = true;
      this.#give(exchange, this.#fresh());
      return;
    }
    this.ended(exchange);
    exchange.sink.onFailure(failure);
  }

  /** The one that was used last: the others have the chance to be given up. */
  #kept(): OriginConnection | undefined {
    for (let kept = this.#idle.pop(); kept; kept = this.#idle.pop()) if (kept.isUsable) return kept;
    return undefined;
  }

  #fresh(): OriginConnection {
    const connection = new OriginConnection(this);
    this.#open.add(connection);
    return connection;
  }

  #give(exchange: OriginExchange, connection: OriginConnection): void {
    exchange.connection = connection;
    connection.take(exchange);
  }
}

/** A server may close a kept connection while the next request is on its way: that says nothing of the request. */
function wasClosedBefore(connection: OriginConnection, { failure }: RelayFailure): boolean {
  return connection.uses > 0 && failure === "target-closed" && !connection.hasAnswered;
}

function mayGoAgain({ request: { method, body } }: OriginExchange, { sent }: RelayFailure): boolean {
  if (!sent) return true;
  return idempotent.has(method) && (body === undefined || body instanceof Uint8Array);
}

/** RFC 9110 §9.2.2. */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
