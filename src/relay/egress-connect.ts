import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type EgressAccess, proxyPasswordIn } from "./egress-access.ts";

export interface EgressConnectOptions {
  readonly access: EgressAccess;
  /** `host:port` of every server that may be reached. */
  readonly authorities: ReadonlySet<string>;
  readonly connectMs: number;
  /** A tunnel in which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** Tunnels open at the same time; more get 503. */
  readonly tunnels: number;
  /** The caller's address, with trusted proxies taken into account. */
  readonly addressOf: (request: IncomingMessage) => string;
  readonly told: (what: ConnectOutcome) => void;
}

export interface ConnectOutcome {
  readonly authority: string;
  readonly caller: string;
  readonly status: 200 | 403 | 407 | 502 | 503 | 504;
  /** The system's code where the server was not reached. */
  readonly code?: string | undefined;
}

type Refusal = Exclude<ConnectOutcome["status"], 200>;

const reasons = {
  200: "Connection Established",
  403: "Forbidden",
  407: "Proxy Authentication Required",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

/**
 * Serves `CONNECT` (RFC 9110 §9.3.6) to the listed servers only: what passes is TLS between the client and the
 * platform, which nobody here can read.
 */
export class EgressConnect {
  readonly #options: EgressConnectOptions;
  readonly #open = new Set<Duplex>();

  constructor(options: EgressConnectOptions) {
    this.#options = options;
  }

  /** Listener of a server's `connect` event. */
  readonly serve = (request: IncomingMessage, client: Duplex, head: Buffer): void => {
    const { addressOf, told } = this.#options;
    const authority = (request.url ?? "").toLowerCase();
    const caller = addressOf(request);
    client.on("error", () => client.destroy());
    const refuse = (status: Refusal, code?: string) => {
      told({ authority: this.#options.authorities.has(authority) ? authority : "another", caller, status, code });
      const ask = status === 407 ? 'Proxy-Authenticate: Basic realm="egress"\r\n' : "";
      client.end(`HTTP/1.1 ${status} ${reasons[status]}\r\n${ask}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    };
    const refusal = this.#refusalOf(authority, caller, request);
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    this.#open.add(client);
    client.once("close", () => this.#open.delete(client));
    this.#join(authority, client, head, refuse, () => told({ authority, caller, status: 200 }));
  };

  /** Ends every tunnel. Harmless to repeat. */
  close(): void {
    for (const client of this.#open) client.destroy();
  }

  #refusalOf(authority: string, caller: string, { headers }: IncomingMessage): Refusal | undefined {
    const { access, authorities, tunnels } = this.#options;
    if (!access.admits(caller, proxyPasswordIn(headers["proxy-authorization"]))) return 407;
    if (!authorities.has(authority)) return 403;
    return this.#open.size >= tunnels ? 503 : undefined;
  }

  #join(
    authority: string,
    client: Duplex,
    head: Buffer,
    refuse: (status: Refusal, code?: string) => void,
    joined: () => void,
  ): void {
    const { connectMs, idleMs } = this.#options;
    const colon = authority.lastIndexOf(":");
    const server: Socket = connect({ host: authority.slice(0, colon), port: Number(authority.slice(colon + 1)) });
    let isJoined = false;
    server.setTimeout(connectMs, () => {
      if (!isJoined) refuse(504);
      server.destroy();
      if (isJoined) client.destroy();
    });
    server.once("connect", () => {
      isJoined = true;
      server.setTimeout(idleMs);
      client.write(`HTTP/1.1 200 ${reasons[200]}\r\n\r\n`);
      if (head.length > 0) server.write(head);
      server.pipe(client).pipe(server);
      joined();
    });
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (isJoined) client.destroy();
      else refuse(502, error.code);
    });
    // Whoever goes first takes the other along: half a tunnel is of no use to TLS.
    server.once("close", () => isJoined && client.destroy());
    client.once("close", () => server.destroy());
  }
}
