import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

/** The checkout, with a slash at its end. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const node = `${root}node_modules/.bin/node`;
const built = `${root}dist/yizhan.js`;

export interface RunOptions {
  /** Working directory: where `./data` and `./config.yaml` are looked for. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing by default. */
  readonly stdin?: string;
  /** A program of the checkout that has a hub inside, in place of the command line. */
  readonly program?: string;
}

/** How a process ended: one of the two is set. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A `yizhan` process. */
export class Yizhan implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Set once it has ended. */
  exit: Exit | undefined;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], { cwd, env = {}, stdin, program = built }: RunOptions) {
    this.#child = spawn(node, [program, ...args], {
      cwd,
      env: { PATH: process.env.PATH ?? "", HOME: cwd, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    // A process that refuses to start does not read what it is given.
    this.#child.stdin?.on("error", () => {}).end(stdin);
    // `close` and not `exit`: by then everything it wrote has been read.
    this.exited = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the process did not start");
    return pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits until it has printed this. @throws Error with everything it printed when it ends before. */
  async printed(pattern: RegExp, deadlineMs = 15_000): Promise<RegExpExecArray> {
    return until(
      () => {
        const match = pattern.exec(this.#stdout);
        if (match) return match;
        if (this.exit) throw new Error(`ended before it printed ${pattern}:\n${this.#stdout}${this.#stderr}`);
        return undefined;
      },
      { what: `printing ${pattern}`, deadlineMs },
    );
  }

  /** `kill -9`. Resolves when it is gone. */
  async kill(): Promise<Exit> {
    this.#child.kill("SIGKILL");
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.exit) await this.kill();
  }
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  options: RunOptions,
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  await using command = new Yizhan(args, options);
  const exit = await command.exited;
  return { ...exit, stdout: command.stdout, stderr: command.stderr };
}
