import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface RotatingFileOptions {
  readonly path: string;
  /** Size at which the file is put aside as `path.1`, what was `path.1` as `path.2`, and so on. */
  readonly maxBytes: number;
  /** Files in all, the current one included. */
  readonly maxFiles: number;
}

/**
 * Appends lines to a file that rotates by size. The file in use always has the name that was asked for
 * (pino-roll numbers it, so nobody could find `log/app.log`).
 *
 * Lines of one turn of the event loop are written together, synchronously: one system call a turn is cheap, and
 * nothing is left in a queue when the process ends. A disk that refuses costs log lines, never the process.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  readonly #report: (trouble: string) => void;
  #fd: number | undefined;
  #bytes = 0;
  #waiting: string[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #broken = false;

  /** @param report is told once each time writing begins to fail. */
  constructor(options: RotatingFileOptions, report: (trouble: string) => void) {
    this.#options = options;
    this.#report = report;
  }

  /** Opens the file now instead of at the first line. @throws when it cannot be opened. */
  open(): void {
    if (this.#fd !== undefined) return;
    mkdirSync(dirname(this.#options.path), { recursive: true });
    // Logs are for the operator alone: they name people and places.
    this.#fd = openSync(this.#options.path, "a", 0o640);
    this.#bytes = fstatSync(this.#fd).size;
  }

  write(line: string): void {
    this.#waiting.push(line);
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length === 0) return;
    try {
      this.#append(lines);
      this.#broken = false;
    } catch (error) {
      if (!this.#broken) this.#report(`log file ${this.#options.path}: ${(error as Error).message}`);
      this.#broken = true;
    }
  }

  /** Flushes and lets go of the file; a later line opens it anew, also when somebody has moved it away. */
  close(): void {
    this.flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #append(lines: readonly string[]): void {
    let chunk = "";
    let chunkBytes = 0;
    for (const line of lines) {
      this.open();
      const bytes = Buffer.byteLength(line);
      if (this.#bytes + chunkBytes > 0 && this.#bytes + chunkBytes + bytes > this.#options.maxBytes) {
        this.#put(chunk);
        this.#rotate();
        chunk = "";
        chunkBytes = 0;
      }
      chunk += line;
      chunkBytes += bytes;
    }
    this.#put(chunk);
  }

  #put(chunk: string): void {
    this.open();
    let rest = Buffer.from(chunk);
    while (this.#fd !== undefined && rest.length > 0) {
      const written = writeSync(this.#fd, rest);
      this.#bytes += written;
      rest = rest.subarray(written);
    }
  }

  #rotate(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const { path, maxFiles } = this.#options;
    const name = (age: number) => (age === 0 ? path : `${path}.${age}`);
    rmSync(name(maxFiles - 1), { force: true });
    for (let age = maxFiles - 2; age >= 0; age--) renameIfThere(name(age), name(age + 1));
    this.open();
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
