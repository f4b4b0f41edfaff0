import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Recipient } from "../../model/recipient.ts";
import type { Directory } from "../store.ts";
import type { Vault } from "../vault.ts";

/** Accounts, Channels and Recipients. Settings are sealed: a copy of the database holds no secret in the clear. */
export class Directories {
  readonly #vault: Vault;
  readonly #retire: readonly StatementSync[];
  readonly #account: StatementSync;
  readonly #channel: StatementSync;
  readonly #recipient: StatementSync;
  readonly #accounts: StatementSync;
  readonly #channels: StatementSync;
  readonly #recipients: StatementSync;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#vault = vault;
    this.#retire = [
      db.prepare("UPDATE accounts SET retired = 1 WHERE tenant = ?"),
      db.prepare("UPDATE channels SET retired = 1 WHERE tenant = ?"),
      db.prepare("DELETE FROM recipients WHERE tenant = ?"),
    ];
    this.#account = db.prepare(
      "INSERT OR REPLACE INTO accounts (tenant, id, platform, name, settings, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#channel = db.prepare(
      `INSERT OR REPLACE INTO channels (tenant, id, platform, account, name, rate, settings, proxy, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#recipient = db.prepare(
      `INSERT INTO recipients (tenant, alias, name, platforms, notifications, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#accounts = db.prepare("SELECT * FROM accounts WHERE tenant = ?");
    this.#channels = db.prepare("SELECT * FROM channels WHERE tenant = ?");
    this.#recipients = db.prepare("SELECT * FROM recipients WHERE tenant = ?");
  }

  /** Runs inside the caller's transaction. */
  apply(tenant: string, directory: Directory, at: number): void {
    for (const statement of this.#retire) statement.run(tenant);
    for (const { id, platform, name, settings } of directory.accounts) {
      this.#account.run(tenant, id, platform, name, this.#vault.seal(settings), at);
    }
    for (const { id, platform, account, name, rate, settings, proxy } of directory.channels) {
      const rateText = rate === undefined ? null : JSON.stringify(rate);
      const sealed = [this.#vault.seal(settings), proxy === undefined ? null : this.#vault.seal(proxy)];
      this.#channel.run(tenant, id, platform, account ?? null, name, rateText, ...sealed, at);
    }
    for (const { alias, name, platforms, notifications } of directory.recipients) {
      this.#recipient.run(tenant, alias, name, JSON.stringify(platforms), JSON.stringify(notifications), at);
    }
  }

  directory(tenant: string): Directory {
    return {
      accounts: this.#accounts.all(tenant).map((row) => ({
        tenant,
        id: String(row.id),
        platform: String(row.platform),
        name: String(row.name),
        settings: this.#vault.open(row.settings as Uint8Array),
      })),
      channels: this.#channels.all(tenant).map((row) => ({
        tenant,
        id: String(row.id),
        platform: String(row.platform),
        ...(row.account === null ? {} : { account: String(row.account) }),
        name: String(row.name),
        ...(row.rate === null ? {} : { rate: JSON.parse(String(row.rate)) }),
        settings: this.#vault.open(row.settings as Uint8Array),
        ...(row.proxy === null ? {} : { proxy: this.#vault.open(row.proxy as Uint8Array) as string }),
      })),
      recipients: this.#recipients.all(tenant).map((row) => ({
        tenant,
        alias: String(row.alias),
        name: String(row.name),
        platforms: JSON.parse(String(row.platforms)) as Recipient["platforms"],
        notifications: JSON.parse(String(row.notifications)) as Recipient["notifications"],
      })),
    };
  }
}
