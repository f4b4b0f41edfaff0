import { randomInt } from "node:crypto";
import type { WebSocket } from "ws";

/** One connection of an account's program. */
export interface Line {
  readonly account: string;
  /** Sends, unless the line is muted or gone; then it is lost like anything on a broken network. */
  send(data: string | Uint8Array): void;
  /** Says goodbye. */
  close(): void;
  /** Breaks off without a word. */
  drop(): void;
}

/** Everything that is connected to one platform. */
export class Lines {
  readonly #open = new Map<Line, WebSocket>();
  readonly #waiting = new Set<() => void>();
  #muted = false;

  add(account: string, socket: WebSocket): Line {
    const line: Line = {
      account,
      send: (data) => {
        if (!this.#muted && socket.readyState === socket.OPEN) socket.send(data);
      },
      close: () => socket.close(1000),
      drop: () => socket.terminate(),
    };
    this.#open.set(line, socket);
    socket.on("ping", (data) => {
      if (!this.#muted) socket.pong(data);
    });
    // A client that breaks off is no error of the sandbox's.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#open.delete(line);
      this.changed();
    });
    return line;
  }

  /** How many connections each account has that has any. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { account } of this.#open.keys()) counts.set(account, (counts.get(account) ?? 0) + 1);
    return counts;
  }

  of(account: string): Line[] {
    return [...this.#open.keys()].filter((line) => line.account === account);
  }

  /** The platforms push each thing to one connection at random. */
  pick(account: string): Line | undefined {
    const lines = this.of(account);
    return lines.length === 0 ? undefined : lines[randomInt(lines.length)];
  }

  /** Keeps connections open and says nothing on them any more: how a broken network looks from the other side. */
  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** Breaks off all of an account's connections. */
  kick(account: string): void {
    for (const line of this.of(account)) line.drop();
  }

  /** Resolves as soon as it holds; asked again whenever something came, connected or left. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const ask = () => {
        if (!holds()) return;
        this.#waiting.delete(ask);
        resolve();
      };
      this.#waiting.add(ask);
      ask();
    });
  }

  changed(): void {
    for (const ask of [...this.#waiting]) ask();
  }

  closeAll(): void {
    for (const line of [...this.#open.keys()]) line.drop();
  }
}
