import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { root } from "../yizhan.ts";
import { Watch } from "./watch.ts";

const program = fileURLToPath(new URL("inner-server.ts", import.meta.url));

/** The program of the intranet in a process of its own. */
export class InnerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #watch = new Watch();
  #printed = "";

  private constructor(port: number, backlog: number) {
    this.#child = spawn(`${root}node_modules/.bin/node`, [program, String(port), String(backlog)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#printed += text;
      this.#watch.changed();
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
  }

  /**
   * Resolves when it listens.
   *
   * @param port A free one when absent.
   * @param backlog Connections, less one, that the system accepts in its name while it does not.
   */
  static async start(port = 0, backlog = 128): Promise<InnerProcess> {
    const inner = new InnerProcess(port, backlog);
    await inner.#watch.until(
      () => (/^listening/.test(inner.#printed) ? true : undefined),
      () => "the inner server listening",
    );
    return inner;
  }

  get port(): number {
    return Number(/^listening (\d+)/.exec(this.#printed)?.[1]);
  }

  /** Bodies it has seen, in order. */
  get saw(): string[] {
    return [...this.#printed.matchAll(/^saw (.*)$/gm)].map(([, body = ""]) => body);
  }

  /** Stops it as it is: its connections stay, and nobody answers. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** `kill -9`. Resolves when it is gone and everything it printed has been read. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
