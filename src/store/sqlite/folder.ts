import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";

/**
 * Makes this process the only one that uses a data folder, for as long as it lives.
 *
 * The lock is an exclusive SQLite transaction that is never ended: the operating system drops it however the
 * process dies, which a file with a process id in it does not achieve. The id is kept beside it for the message.
 *
 * @throws StoreError (STORE_LOCKED) naming the process that has the folder.
 */
export function lockFolder(folder: string): { release(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = join(folder, "owner.pid");
  const lock = new DatabaseSync(join(folder, "lock.sqlite"));
  try {
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new StoreError(
      "STORE_LOCKED",
      `the data folder ${folder} is in use by another Yizhan${ownerText(owner)}; stop that one, or choose another folder with --data`,
      { cause },
    );
  }
  writeFileSync(owner, `${process.pid}\n`);
  return { release: () => lock.close() };
}

const SECRET_BYTES = 32;

/**
 * The folder's own secret, made when it is first needed and readable by its owner only.
 *
 * @throws StoreError (STORE_SECRET) when the file does not hold one: a disk that was full when it was made leaves
 *   it empty, and an empty key would seal nothing.
 */
export function folderSecret(folder: string): Uint8Array {
  const file = join(folder, "secret.key");
  if (!existsSync(file)) {
    // Whole or not at all: a process that dies while writing must not leave half a key behind.
    const draft = `${file}.new`;
    writeFileSync(draft, randomBytes(SECRET_BYTES).toString("base64"), { mode: 0o600, flush: true });
    renameSync(draft, file);
  }
  const secret = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (secret.length !== SECRET_BYTES) {
    throw new StoreError(
      "STORE_SECRET",
      `${file} holds ${secret.length} bytes where a secret key of ${SECRET_BYTES} was expected; restore it from a backup, or delete it if nothing was stored yet`,
    );
  }
  return secret;
}

function ownerText(file: string): string {
  try {
    return ` (process ${readFileSync(file, "utf8").trim()})`;
  } catch {
    return "";
  }
}
