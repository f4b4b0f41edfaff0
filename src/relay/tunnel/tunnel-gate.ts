import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import type { Clock } from "../clock.ts";
import type { TunnelSettings } from "../settings.ts";
import type { Target } from "../target.ts";
import { AgentLink } from "./agent-link.ts";
import { Agents, mostAgents } from "./agents.ts";
import { subprotocol } from "./frames.ts";
import { admit, agentNameIn, type Refusal, refusalBytes, revokedCode, tunnelIn } from "./handshake.ts";
import { listenTo, socketOptions, wireOver } from "./socket-wire.ts";
import { type KeyMatch, TunnelKeys } from "./tunnel-keys.ts";
import { TunnelTarget } from "./tunnel-target.ts";

export interface TunnelGateOptions {
  readonly clock: Clock;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** Who calls: behind a trusted reverse proxy, whom that one says. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** A tunnel that led nowhere has an agent again. */
  readonly onReachable?: (tunnel: string) => void;
}

/** A tunnel and who is connected to it, for status and metrics. */
export interface TunnelStatus {
  readonly name: string;
  readonly agents: readonly AgentStatus[];
}

export interface AgentStatus {
  readonly name: string;
  readonly address: string;
  /** Epoch milliseconds. */
  readonly connectedAt: number;
  /** Requests under way. */
  readonly pending: number;
  /** It finishes what it has, and gets nothing new. */
  readonly isDraining: boolean;
}

/** How long agents have to finish when the hub stops. */
const graceMs = 10_000;

/** Anybody can be refused as often as they like; the log need not say so each time. */
const tellEveryMs = 60_000;

/** Endpoint is going away (RFC 6455 §7.4.1). */
const goingAway = 1001;

/**
 * Where agents come in: upgrades at `/tunnels/{name}`, or at `/tunnels/` for whichever tunnel the key opens. What they
 * connect to is a target for relays.
 */
export class TunnelGate {
  readonly #options: TunnelGateOptions;
  readonly #tunnels = new Map<string, Agents>();
  readonly #matches = new WeakMap<AgentLink, KeyMatch>();
  /** When a refusal with this status was last logged. */
  readonly #toldAt = new Map<number, number>();
  #names: readonly string[] = [];
  #keys = new TunnelKeys([]);
  #server: WebSocketServer | undefined;
  #isClosing = false;
  #whenEmpty: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: TunnelGateOptions) {
    this.#options = options;
  }

  /** These tunnels are in force from now on. Agents whose key is gone are disconnected. */
  configure(tunnels: readonly TunnelSettings[]): void {
    this.#names = tunnels.map(({ name }) => name);
    this.#keys = new TunnelKeys(tunnels);
    for (const link of this.#links()) {
      const match = this.#matches.get(link);
      if (!match || !this.#keys.has(match)) link.session.close(revokedCode, "the key was revoked");
    }
  }

  /**
   * Whoever is at the far end of this tunnel, now and later.
   *
   * @param isIdempotent May any request be repeated on another agent, because the servers recognise repeats?
   */
  target(name: string, { isIdempotent }: { readonly isIdempotent: boolean }): Target {
    return new TunnelTarget({ name, agents: this.#agentsOf(name), clock: this.#options.clock, isIdempotent });
  }

  /** Is a request for an upgrade at this target served here? */
  upgrades(target: string): boolean {
    return tunnelIn(target) !== undefined;
  }

  /** For the server's `upgrade` event. @returns false when it is for somebody else, and the socket untouched. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const tunnel = tunnelIn(request.url);
    if (tunnel === undefined) return false;
    // Nobody else listens to it any more.
    socket.on("error", () => socket.destroy());
    const admitted = this.#isClosing ? stopping : admit(request, tunnel, this.#keys);
    if ("status" in admitted) this.#refuse(request, socket, admitted);
    else if (this.#agentsOf(admitted.tunnel).links.length >= mostAgents) {
      this.#refuse(request, socket, { status: 503, error: `${mostAgents} agents are connected to this tunnel` });
    } else void this.#accept(request, socket, head, admitted);
    return true;
  }

  /** In the configuration's order. */
  status(): TunnelStatus[] {
    return this.#names.map((name) => ({
      name,
      agents: this.#agentsOf(name).links.map(({ about, pending, isDraining }) => ({ ...about, pending, isDraining })),
    }));
  }

  /**
   * Lets nobody in, and has the agents finish what is under way; those that take longer than ten seconds are cut.
   * Harmless to repeat.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    for (const link of this.#links()) link.drain("the hub stops");
    if (this.#links().length === 0) return;
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty = resolve;
    const callOff = clock.at(clock.now() + graceMs, () => {
      for (const link of this.#links()) link.session.close(goingAway, "the hub stops");
    });
    await promise;
    callOff();
  }

  async #accept(request: IncomingMessage, socket: Duplex, head: Buffer, match: KeyMatch): Promise<void> {
    this.#server ??= await newServer();
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { clock, log, addressOf } = this.#options;
      const { tunnel } = match;
      const about = { name: agentNameIn(request), address: addressOf(request), connectedAt: clock.now() };
      const link = new AgentLink({
        about,
        wire: wireOver(webSocket),
        clock,
        onEnd: (_link, words) => {
          this.#agentsOf(tunnel).remove(link);
          log.info({ tunnel, agent: about.name }, `agent ${about.name} left tunnel ${tunnel}: ${words}`);
          if (this.#links().length === 0) this.#whenEmpty?.();
        },
      });
      this.#matches.set(link, match);
      this.#agentsOf(tunnel).add(link);
      listenTo(webSocket, link.session, () => {});
      log.info({ tunnel, agent: about.name }, `agent ${about.name} at ${about.address} joined tunnel ${tunnel}`);
      if (this.#agentsOf(tunnel).links.length === 1) this.#options.onReachable?.(tunnel);
      // The library was being loaded, and the configuration may have changed since.
      if (!this.#keys.has(match)) link.session.close(revokedCode, "the key was revoked");
      else if (this.#isClosing) link.drain("the hub stops");
    });
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    const { clock, log, addressOf } = this.#options;
    const now = clock.now();
    if (now >= (this.#toldAt.get(refusal.status) ?? 0) + tellEveryMs) {
      this.#toldAt.set(refusal.status, now);
      const text = `an agent at ${addressOf(request)} was refused with ${refusal.status}: ${refusal.error}`;
      log.warn({ status: refusal.status }, text);
    }
    socket.end(refusalBytes(refusal), () => socket.destroy());
  }

  #agentsOf(tunnel: string): Agents {
    let agents = this.#tunnels.get(tunnel);
    if (!agents) {
      agents = new Agents();
      this.#tunnels.set(tunnel, agents);
    }
    return agents;
  }

  #links(): AgentLink[] {
    return [...this.#tunnels.values()].flatMap(({ links }) => links);
  }
}

const stopping: Refusal = { status: 503, error: "服务正在停止 (the hub stops)" };

/** Loaded with the first agent: neither the start nor a hub without tunnels pays for it. */
async function newServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: () => subprotocol,
    ...socketOptions,
  });
}
