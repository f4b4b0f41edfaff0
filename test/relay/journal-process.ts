import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { emptyFolder } from "../folder.ts";
import { until } from "../until.ts";
import { root } from "../yizhan.ts";

const program = fileURLToPath(new URL("journal-server.ts", import.meta.url));

/** One callback that arrived. */
export interface Entry {
  readonly id: string;
  readonly attempt: number;
  readonly body: string;
}

/** A system of the intranet in a process of its own, which can be killed and started again on the same port. */
export class JournalProcess {
  readonly #file = join(emptyFolder(), "journal");
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  port = 0;

  constructor() {
    onTestFinished(() => this.kill());
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    let printed = "";
    const child = spawn(`${root}node_modules/.bin/node`, [program, String(this.port), this.#file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
    this.#child = child;
    this.port = await until(() => Number(/^listening (\d+)/.exec(printed)?.[1]) || undefined, {
      what: "the inner system listening",
      deadlineMs: 20_000,
    });
  }

  /** `kill -9`. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** Everything that arrived, in order; a last line that was cut off by a kill is none. */
  entries(): Entry[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, "utf8").split("\n");
    return lines.slice(0, -1).flatMap((line) => (line.endsWith("}") ? [JSON.parse(line) as Entry] : []));
  }
}
