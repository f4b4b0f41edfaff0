import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A file was longer than there is room for. */
export class BlobTooLong extends Error {
  constructor(limitBytes: number) {
    super(`the file is longer than ${limitBytes} bytes`);
    this.name = "BlobTooLong";
  }
}

/** Files by the SHA-256 of their content, as `<two letters>/<hex>`: equal files are kept once. */
export class BlobFolder {
  readonly #folder: string;

  /** Made when the first file comes. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Resolves once the file is on stable storage under its name.
   *
   * @throws BlobTooLong when more than `limitBytes` come; whatever `chunks` throws; Node's error for a full disk.
   */
  async write(
    chunks: AsyncIterable<Uint8Array>,
    limitBytes: number,
  ): Promise<{ readonly sha256: string; readonly bytes: number }> {
    const incoming = join(this.#folder, "incoming");
    await mkdir(incoming, { recursive: true });
    const temporary = join(incoming, randomUUID());
    const digest = createHash("sha256");
    let bytes = 0;
    try {
      const file = await open(temporary, "wx", 0o600);
      try {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > limitBytes) throw new BlobTooLong(limitBytes);
          digest.update(chunk);
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const sha256 = digest.digest("hex");
      await this.#place(temporary, sha256);
      return { sha256, bytes };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** The file's content; its stream fails with ENOENT where there is none. */
  read(sha256: string): Readable {
    return createReadStream(this.#pathOf(sha256));
  }

  /**
   * Deletes what nobody wants any more, and what was left half-written. Files younger than an hour are left: their
   * rows may still be on their way. Answers how many went.
   */
  async sweep(wanted: (sha256: string) => Promise<boolean>, now: number): Promise<number> {
    let gone = 0;
    for (const name of await namesIn(this.#folder)) {
      const folder = join(this.#folder, name);
      for (const file of await namesIn(folder)) {
        const path = join(folder, file);
        const found = await stat(path).catch(() => undefined);
        if (!found?.isFile() || found.mtimeMs > now - youngMs) continue;
        if (/^[0-9a-f]{64}$/.test(file) && (await wanted(file))) continue;
        await rm(path, { force: true });
        gone++;
      }
    }
    return gone;
  }

  async #place(temporary: string, sha256: string): Promise<void> {
    const path = this.#pathOf(sha256);
    const folder = join(path, "..");
    await mkdir(folder, { recursive: true });
    await rename(temporary, path);
    // An equal file that was about to be swept is young again.
    const now = new Date();
    await utimes(path, now, now);
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #pathOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError("a blob is named by 64 hexadecimal digits");
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }
}

const youngMs = 3_600_000;

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
