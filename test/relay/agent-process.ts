import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Yizhan } from "../yizhan.ts";

export const tunnelKey = "tunnel-key-0123456789";

export interface AgentOptions {
  /** Of the hub or the relay; no slash at its end. */
  readonly hub: string;
  /** The one server that it reaches. */
  readonly to: string;
  readonly args?: readonly string[];
  /** By default the key is among it. */
  readonly env?: Readonly<Record<string, string>>;
}

/** `yizhan connect` in a process of its own. */
export class AgentProcess implements AsyncDisposable {
  readonly process: Yizhan;
  readonly #folder: string;

  private constructor(process: Yizhan, folder: string) {
    this.process = process;
    this.#folder = folder;
  }

  /** Does not wait for the connection. */
  static launch({ hub, to, args = [], env = { YIZHAN_TUNNEL_KEY: tunnelKey } }: AgentOptions): AgentProcess {
    const folder = mkdtempSync(join(tmpdir(), "yizhan-agent-"));
    return new AgentProcess(new Yizhan(["connect", hub, "--to", to, ...args], { cwd: folder, env }), folder);
  }

  /** Resolves when it is connected. @throws Error with what it said when it ends before. */
  static async start(options: AgentOptions): Promise<AgentProcess> {
    const agent = AgentProcess.launch(options);
    try {
      await agent.process.printed(/connected to /);
      return agent;
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
  }

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

/** A configuration with a relay at `/wework-callback` whose target is the tunnel `office`. */
export function tunnelConfig(fields: object = {}, rest: object = {}): object {
  return {
    relays: { wework: { path: "/wework-callback", targets: [{ tunnel: "office" }], ...fields } },
    tunnels: { office: { keys: [tunnelKey] } },
    ...rest,
  };
}
