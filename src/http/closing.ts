import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** The open connections of a server, as they come and go. One that was upgraded is whoever's it became. */
export function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (_request, socket) => sockets.delete(socket as Socket));
  return sockets;
}

/** Where a server that listens is reached from this machine; without a slash at its end. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  const local = address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
  return `http://${family === "IPv6" && local !== "127.0.0.1" ? `[${local}]` : local}:${port}`;
}

/** From now on connections end with the answer that they get next. */
export function endAfterAnswers(server: Server): void {
  for (const event of ["request", "checkContinue"]) {
    server.prependListener(event, (_request, response) => {
      response.shouldKeepAlive = false;
    });
  }
}

export interface Closing {
  readonly timeoutMs: number;
  /** Closes the listener, and waits until every connection is closed. */
  readonly close: () => PromiseLike<unknown>;
  /** Every caller has its answer: connections that were upgraded are to be ended now. Called more than once. */
  readonly onAnswered?: (() => void) | undefined;
}

/** Waits for requests under way, and cuts those left after this long. */
export async function closeWithin(
  server: Server,
  sockets: ReadonlySet<Socket>,
  { timeoutMs, close, onAnswered }: Closing,
): Promise<void> {
  const sweepIdle = () => {
    server.closeIdleConnections();
    // Node counts a connection that has sent nothing yet as one with a request under way.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    if (sockets.size === 0) onAnswered?.();
  };
  sweepIdle();
  // A connection whose last request began before the stop is kept alive by its answer, and idle only after it.
  const sweep = setInterval(sweepIdle, 20);
  const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
  try {
    await close();
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
  }
}
