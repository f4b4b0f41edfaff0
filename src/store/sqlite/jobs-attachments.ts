import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FetchedFile, StoredAttachment } from "../store.ts";

/** What became of the files of received messages. `save` and `expire` run inside the caller's transaction. */
export class Attachments {
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #expire: StatementSync;
  readonly #bytes: StatementSync;
  readonly #wanted: StatementSync;

  constructor(db: DatabaseSync) {
    this.#select = db.prepare(
      `SELECT sha256, bytes, content_type, name, error FROM attachments
         WHERE event = ?2 AND n = ?3 AND EXISTS (SELECT 1 FROM events WHERE id = ?2 AND tenant = ?1)`,
    );
    // The Event may be gone meanwhile: then nobody wants its files.
    this.#insert = db.prepare(
      `INSERT INTO attachments (event, n, sha256, bytes, content_type, name, error, at)
         SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM events WHERE id = ?1 ON CONFLICT DO NOTHING`,
    );
    this.#expire = db.prepare(
      `UPDATE attachments SET sha256 = NULL, bytes = NULL, content_type = NULL, error = ?2 WHERE (event, n) IN
         (SELECT event, n FROM attachments WHERE sha256 IS NOT NULL AND at < ?1 LIMIT ?3)`,
    );
    this.#bytes = db.prepare(
      "SELECT coalesce(sum(bytes), 0) AS bytes FROM (SELECT DISTINCT sha256, bytes FROM attachments WHERE sha256 IS NOT NULL)",
    );
    this.#wanted = db.prepare("SELECT 1 FROM attachments WHERE sha256 = ? LIMIT 1");
  }

  get(tenant: string, event: string, n: number): StoredAttachment | undefined {
    const row = this.#select.get(tenant, event, n);
    if (!row) return undefined;
    if (row.sha256 === null) return { kind: "failed", error: String(row.error) };
    return {
      kind: "fetched",
      sha256: String(row.sha256),
      bytes: Number(row.bytes),
      ...(row.content_type === null ? {} : { contentType: String(row.content_type) }),
      ...(row.name === null ? {} : { name: String(row.name) }),
    };
  }

  save(event: string, n: number, file: StoredAttachment, at: number): void {
    const { sha256, bytes, contentType, name }: Partial<FetchedFile> = file.kind === "fetched" ? file : {};
    const error = file.kind === "failed" ? file.error : null;
    this.#insert.run(event, n, sha256 ?? null, bytes ?? null, contentType ?? null, name ?? null, error, at);
  }

  /** At most this many; answers how many there were. */
  expire(before: number, error: string, most: number): number {
    return Number(this.#expire.run(before, error, most).changes);
  }

  bytes(): number {
    return Number(this.#bytes.get()?.bytes ?? 0);
  }

  wants(sha256: string): boolean {
    return this.#wanted.get(sha256) !== undefined;
  }
}
