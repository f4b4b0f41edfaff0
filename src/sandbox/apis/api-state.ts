import { AppSecrets } from "../app-secrets.ts";
import { Recent } from "../recent.ts";
import type { Fields } from "../stand-in.ts";

export const apiPlatforms = ["wecom", "wechat-official", "feishu", "dingtalk"] as const;
export type ApiPlatform = (typeof apiPlatforms)[number];

/** A file that the platform keeps for whoever asks with a token. */
export interface KeptFile {
  readonly platform: ApiPlatform;
  /** The media id, file key or download code. */
  readonly ref: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly name?: string;
}

interface IssuedToken {
  readonly platform: ApiPlatform;
  readonly app: string;
  readonly expiresAt: number;
}

const mostFiles = 1_000;
const mostFileBytes = 256 * 1024 * 1024;
const mostStatuses = 10_000;

/** What the platforms' APIs know: apps, tokens, files, messages. */
export class ApiState {
  readonly now: () => number;
  readonly #secrets: AppSecrets;
  readonly #tokens = new Map<string, IssuedToken>();
  readonly #current = new Map<string, string>();
  readonly #files = new Map<string, KeptFile>();
  readonly #statuses = new Recent<Fields>(mostStatuses);
  #issued = 0;

  /** Where each platform calls back from. */
  readonly addresses = new Map<ApiPlatform, readonly string[]>();
  /** Requests by path; of the first thousand paths. */
  readonly asked = new Map<string, number>();

  /** @param now Epoch milliseconds. */
  constructor(now: () => number, secrets = new AppSecrets()) {
    this.now = now;
    this.#secrets = secrets;
  }

  /** From now on this app has this secret and no other. Apps that nobody declared have any. */
  declareApp(platform: ApiPlatform, id: string, secret: string): void {
    this.#secrets.declare({ platform, id }, secret);
  }

  isSecret(platform: ApiPlatform, id: string, secret: string): boolean {
    return this.#secrets.isRight({ platform, id }, secret);
  }

  /** The app's token, the same while it is good; with `force` another one, which ends the one before. */
  issue(platform: ApiPlatform, app: string, lifetimeMs: number, force = false): { token: string; leftMs: number } {
    const key = `${platform} ${app}`;
    const current = this.#current.get(key);
    const known = current === undefined ? undefined : this.#tokens.get(current);
    if (!force && current !== undefined && known && known.expiresAt > this.now()) {
      return { token: current, leftMs: known.expiresAt - this.now() };
    }
    if (force && current !== undefined) this.#tokens.delete(current);
    const token = `${platform === "feishu" ? "t-" : ""}sandbox-${platform}-${++this.#issued}`;
    this.#tokens.set(token, { platform, app, expiresAt: this.now() + lifetimeMs });
    this.#current.set(key, token);
    return { token, leftMs: lifetimeMs };
  }

  /** How many different tokens there were so far. */
  get issued(): number {
    return this.#issued;
  }

  /** Whose token it is, and whether it is still good; undefined for one that nobody got or that was ended. */
  holder(token: string): { platform: ApiPlatform; app: string; expired: boolean } | undefined {
    const known = this.#tokens.get(token);
    return known && { platform: known.platform, app: known.app, expired: known.expiresAt <= this.now() };
  }

  /** Ends all tokens at once, before their time, as platforms reserve the right to. */
  endTokens(): void {
    this.#tokens.clear();
    this.#current.clear();
  }

  /** Replaces one under the same name. @throws RangeError when there are too many, or they are too large. */
  keepFile(file: KeptFile): void {
    const key = keyOf(file);
    const others = [...this.#files.values()].filter((kept) => keyOf(kept) !== key);
    const bytes = others.reduce((sum, kept) => sum + kept.bytes.length, file.bytes.length);
    if (others.length >= mostFiles || bytes > mostFileBytes) {
      throw new RangeError(`at most ${mostFiles} files of ${mostFileBytes} bytes in all are kept; delete some first`);
    }
    this.#files.set(key, file);
  }

  file(platform: ApiPlatform, ref: string): KeptFile | undefined {
    return this.#files.get(keyOf({ platform, ref }));
  }

  files(): KeptFile[] {
    return [...this.#files.values()];
  }

  /** @returns whether there was one. */
  dropFile(platform: ApiPlatform, ref: string): boolean {
    return this.#files.delete(keyOf({ platform, ref }));
  }

  /** What is answered of a message when it is asked for, in the platform's own words. */
  setStatus(platform: ApiPlatform, messageId: string, answer: Fields): void {
    this.#statuses.set(`${platform} ${messageId}`, answer);
  }

  status(platform: ApiPlatform, messageId: string): Fields | undefined {
    return this.#statuses.get(`${platform} ${messageId}`);
  }

  count(path: string): void {
    if (this.asked.size >= 1_000 && !this.asked.has(path)) return;
    this.asked.set(path, (this.asked.get(path) ?? 0) + 1);
  }
}

function keyOf({ platform, ref }: Pick<KeptFile, "platform" | "ref">): string {
  return `${platform} ${ref}`;
}
