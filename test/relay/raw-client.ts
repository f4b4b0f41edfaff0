import { connect, type Socket } from "node:net";
import { Watch } from "./watch.ts";
import { takeAnswer, type WireMessage } from "./wire.ts";

interface AnswerOptions {
  /** It answers a HEAD: nothing follows its head. */
  readonly toHead?: boolean;
  /** Milliseconds until this is given up; default 10,000. */
  readonly withinMs?: number;
}

/** A TCP connection that writes what it is told, and reads answers from the bytes. */
export class RawClient implements Disposable {
  readonly #socket: Socket;
  readonly #watch = new Watch();
  #unread = "";
  #end: "open" | "closed" | "reset" = "open";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#unread += text;
      this.#watch.changed();
    });
    // What cannot be written any more is told by how the connection ends.
    socket.on("error", () => this.#ends("reset"));
    socket.on("end", () => this.#ends("closed"));
    socket.on("close", () => this.#ends("closed"));
  }

  /** @param url Of a server; only its host and port are looked at. */
  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    // Half-open, so that the server's end of the connection can be told from ours.
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return client;
  }

  /** Bytes that came and are not part of an answer that was taken. */
  get unread(): string {
    return this.#unread;
  }

  write(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Resolves when the system has taken it; also when the other side does not want it any more. */
  written(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(text, "latin1", () => resolve());
    });
  }

  /** The next answer, interim ones included; broken when the connection ended inside it. */
  answer({ toHead = false, withinMs }: AnswerOptions = {}): Promise<WireMessage> {
    const ask = () => {
      const hasEnded = this.#end !== "open";
      const taken = takeAnswer(this.#unread, { toHead, hasEnded });
      if (taken && (hasEnded || !taken.message.isBroken)) {
        this.#unread = this.#unread.slice(taken.length);
        return taken.message;
      }
      if (hasEnded) throw new Error(`${this.#end} without an answer, after ${JSON.stringify(this.#unread)}`);
      return undefined;
    };
    return this.#watch.until(ask, () => `an answer, after ${JSON.stringify(this.#unread)}`, withinMs);
  }

  /** Resolves when the head of the next answer has come, or this many bytes of anything. */
  async received(text: string): Promise<void> {
    const ask = () => this.#unread.includes(text) || undefined;
    await this.#watch.until(ask, () => `${JSON.stringify(text)} in ${JSON.stringify(this.#unread)}`);
  }

  /** How the server ended the connection. */
  ended(): Promise<"closed" | "reset"> {
    const ask = () => (this.#end === "open" ? undefined : this.#end);
    return this.#watch.until(ask, () => "the end of the connection");
  }

  get isOpen(): boolean {
    return this.#end === "open";
  }

  /** Leaves, as a program that is closed does. */
  leave(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #ends(how: "closed" | "reset"): void {
    if (this.#end === "open") this.#end = how;
    this.#watch.changed();
  }
}
