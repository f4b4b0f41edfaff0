import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredToken } from "../store.ts";
import type { Vault } from "../vault.ts";

/** Apps' tokens, sealed. `save` runs inside the caller's transaction. */
export class Tokens {
  readonly #vault: Vault;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#vault = vault;
    this.#select = db.prepare("SELECT token, renew_at, expires_at FROM tokens WHERE app = ?");
    this.#upsert = db.prepare(
      `INSERT INTO tokens (app, token, renew_at, expires_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (app) DO UPDATE SET token = excluded.token, renew_at = excluded.renew_at,
           expires_at = excluded.expires_at`,
    );
  }

  get(app: string): StoredToken | undefined {
    const row = this.#select.get(app);
    if (!row) return undefined;
    const token = String(this.#vault.open(row.token as Uint8Array));
    return { token, renewAt: Number(row.renew_at), expiresAt: Number(row.expires_at) };
  }

  save(app: string, { token, renewAt, expiresAt }: StoredToken): void {
    this.#upsert.run(app, this.#vault.seal(token), renewAt, expiresAt);
  }
}
