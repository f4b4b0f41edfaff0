import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SigningSecret, Subscription, SubscriptionSettings } from "../store.ts";
import type { Vault } from "../vault.ts";

/** Outgoing subscriptions. Address and signing keys are sealed. Writes run inside the caller's transaction. */
export class Subscriptions {
  readonly #vault: Vault;
  readonly #add: StatementSync;
  readonly #change: StatementSync;
  readonly #delete: StatementSync;
  readonly #all: StatementSync;
  readonly #get: StatementSync;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#vault = vault;
    this.#add = db.prepare(
      `INSERT INTO subscriptions (id, tenant, settings, types, accounts, enabled, cursor, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6,
           coalesce((SELECT seq FROM events NOT INDEXED WHERE tenant = ?2 ORDER BY seq DESC LIMIT 1), 0), ?7, ?7)`,
    );
    // Whoever changes it has repaired something: holding on for a platform's earlier word would look like a fault.
    this.#change = db.prepare(
      `UPDATE subscriptions SET settings = ?, types = ?, accounts = ?, enabled = ?, disabled_reason = ?,
         hold_until = 0, failures = 0, updated_at = ? WHERE id = ? AND tenant = ?`,
    );
    this.#delete = db.prepare("DELETE FROM subscriptions WHERE id = ? AND tenant = ?");
    this.#all = db.prepare("SELECT * FROM subscriptions WHERE tenant = ? ORDER BY id");
    this.#get = db.prepare("SELECT * FROM subscriptions WHERE id = ?");
  }

  add(tenant: string, id: string, settings: SubscriptionSettings, at: number): Subscription {
    const { types, accounts, enabled } = settings;
    this.#add.run(id, tenant, this.#sealed(settings), JSON.stringify(types), listText(accounts), Number(enabled), at);
    return this.get(id) as Subscription;
  }

  change(tenant: string, id: string, settings: SubscriptionSettings, at: number): Subscription | undefined {
    const { types, accounts, enabled, disabledReason } = settings;
    const { changes } = this.#change.run(
      this.#sealed(settings),
      JSON.stringify(types),
      listText(accounts),
      Number(enabled),
      disabledReason ?? null,
      at,
      id,
      tenant,
    );
    return changes === 0 ? undefined : this.get(id);
  }

  delete(tenant: string, id: string): boolean {
    return this.#delete.run(id, tenant).changes !== 0;
  }

  all(tenant: string): Subscription[] {
    return this.#all.all(tenant).map((row) => this.#subscriptionOf(row));
  }

  get(id: string): Subscription | undefined {
    const row = this.#get.get(id);
    return row && this.#subscriptionOf(row);
  }

  #sealed({ url, secrets }: SubscriptionSettings): Uint8Array {
    return this.#vault.seal({ url, secrets });
  }

  #subscriptionOf(row: Record<string, unknown>): Subscription {
    const sealed = this.#vault.open(row.settings as Uint8Array) as { url: string; secrets: SigningSecret[] };
    return {
      id: String(row.id),
      tenant: String(row.tenant),
      ...sealed,
      types: JSON.parse(String(row.types)) as string[],
      ...(row.accounts === null ? {} : { accounts: JSON.parse(String(row.accounts)) as string[] }),
      enabled: row.enabled === 1,
      ...(row.disabled_reason === null ? {} : { disabledReason: String(row.disabled_reason) }),
      cursor: Number(row.cursor),
      holdUntil: Number(row.hold_until),
      failures: Number(row.failures),
      createdAt: Number(row.created_at),
      updatedAt: Number(row.updated_at),
    };
  }
}

function listText(list: readonly string[] | undefined): string | null {
  return list === undefined ? null : JSON.stringify(list);
}
