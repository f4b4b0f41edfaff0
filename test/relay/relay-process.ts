import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Yizhan } from "../yizhan.ts";

export interface RelayOptions {
  /** What `TARGET_SERVER_URL` says, as the users of the proxy being replaced write it. */
  readonly target?: string;
  /** In its place: a configuration file, as an object. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
}

/** A relay that runs in a process of its own: `yizhan relay`, or a hub with a relay in it. */
export class RelayProcess implements AsyncDisposable {
  readonly process: Yizhan;
  /** Without a slash at its end. */
  readonly url: string;
  readonly #folder: string;

  private constructor(process: Yizhan, url: string, folder: string) {
    this.process = process;
    this.url = url;
    this.#folder = folder;
  }

  /** The stand-alone relay. */
  static start(options: RelayOptions): Promise<RelayProcess> {
    const file = options.config ? ["--config", "config.yaml"] : [];
    return RelayProcess.#start(["relay", "--host", "127.0.0.1", "--port", "0", ...file], options);
  }

  /** A hub. */
  static hub(options: RelayOptions): Promise<RelayProcess> {
    const { config = {} } = options;
    return RelayProcess.#start(["serve"], {
      ...options,
      config: { server: { host: "127.0.0.1", port: 0 }, ...config },
    });
  }

  static async #start(args: readonly string[], { target, config, env = {} }: RelayOptions): Promise<RelayProcess> {
    const folder = mkdtempSync(join(tmpdir(), "yizhan-relay-"));
    // YAML 1.2 contains JSON.
    if (config) writeFileSync(join(folder, "config.yaml"), JSON.stringify(config));
    const process = new Yizhan(args, {
      cwd: folder,
      env: { ...(target === undefined ? {} : { TARGET_SERVER_URL: target }), ...env },
    });
    try {
      const [, url = ""] = await process.printed(/listens on (http:\/\/\S+)/);
      return new RelayProcess(process, url, folder);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Replaces the configuration; the process does not notice by itself. */
  configure(config: object): void {
    writeFileSync(join(this.#folder, "config.yaml"), JSON.stringify(config));
  }

  /** What it logged so far, on whichever stream. */
  get log(): string {
    return this.process.stdout + this.process.stderr;
  }

  /** Memory as the system counts it, in bytes: now, and the most it ever was. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
    return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A configuration with one relay at `/wework-callback`, of these fields beside its targets. */
export function relayConfig(targets: readonly string[], fields: object = {}, rest: object = {}): object {
  return { relays: { wework: { path: "/wework-callback", targets, ...fields } }, ...rest };
}
