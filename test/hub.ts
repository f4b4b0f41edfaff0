import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createSandbox, type Sandbox, type SandboxOptions } from "../src/sandbox/server.ts";
import { type Answer, type AskOptions, ask } from "./ask.ts";
import { type ConfigFile, configText } from "./config-file.ts";
import { emptyFolder } from "./folder.ts";
import { until } from "./until.ts";
import { type Exit, Yizhan } from "./yizhan.ts";

export interface TaskView {
  readonly task_id: string;
  readonly status: "processing" | "completed" | "failed";
  readonly recipient: string;
  readonly strategy: string;
  readonly style: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly results: readonly {
    readonly platform: string;
    readonly webhook: string;
    readonly status: "success" | "failed" | "processing" | "timeout";
    readonly message: string;
    readonly timestamp: string;
  }[];
}

/** A hub that runs in a process of its own. */
export class Hub {
  readonly process: Yizhan;
  /** Without a slash at its end. */
  readonly url: string;

  constructor(process: Yizhan, url: string) {
    this.process = process;
    this.url = url;
  }

  ask<Data = unknown>(method: string, path: string, options?: AskOptions): Promise<Answer<Data>> {
    return ask(this.url, method, path, options);
  }

  /** Fields override those of a text by `failover` to `ops`. */
  push(fields: Readonly<Record<string, unknown>> = {}, options: AskOptions = {}): Promise<Answer<TaskView>> {
    return this.ask("POST", "/api/v1/push", { json: { ...plainPush, ...fields }, ...options });
  }

  /** The id of a push that must be accepted. */
  async accepted(fields: Readonly<Record<string, unknown>> = {}, options: AskOptions = {}): Promise<string> {
    const { status, body } = await this.push(fields, options);
    if (status !== 200) throw new Error(`the push was answered with ${status}: ${JSON.stringify(body)}`);
    return body.data.task_id;
  }

  /** @throws Error when there is no such task. */
  async task(id: string): Promise<TaskView> {
    const { status, body } = await this.ask<TaskView>("GET", `/api/v1/task/${id}`);
    if (status !== 200) throw new Error(`task ${id} was answered with ${status}`);
    return body.data;
  }

  /** The task once it is completed or failed. */
  settled(id: string, deadlineMs = 10_000): Promise<TaskView> {
    const look = async () => {
      const task = await this.task(id);
      return task.status === "processing" ? undefined : task;
    };
    return until(look, { what: `task ${id} settling`, deadlineMs });
  }

  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<Exit> {
    this.process.signal("SIGTERM");
    return this.process.exited;
  }

  kill(): Promise<Exit> {
    return this.process.kill();
  }
}

const plainPush = {
  recipient_alias: "ops",
  type: "info",
  style: "text",
  content: { title: "标题", msg: "正文" },
};

export interface World {
  readonly folder: string;
  /** Of the configuration, relative to the folder. */
  readonly config: string;
  readonly sandbox: Sandbox;
  /** Replaces the configuration; a running hub does not notice by itself. */
  configure(file: ConfigFile): void;
  /** Starts a hub in the folder; it is killed when the test ends. Waits until it listens. */
  start(options?: StartOptions): Promise<Hub>;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder with a configuration, and the platforms it speaks of; everything is gone when the test ends. */
export async function world(file: ConfigFile = {}, options: SandboxOptions = {}): Promise<World> {
  const folder = emptyFolder();
  const config = "config.yaml";
  const sandbox = createSandbox({ pace: { enabled: false }, ...options });
  await sandbox.listen({ smtpPort: 0 });
  onTestFinished(() => sandbox.close());
  const configure = (wanted: ConfigFile) => {
    writeFileSync(join(folder, config), configText(wanted, { url: sandbox.url, smtpPort: sandbox.smtpPort ?? 0 }));
  };
  configure(file);
  return { folder, config, sandbox, configure, start: (how) => startHub(folder, how) };
}

/** The line that a hub prints when it listens. */
export const banner = /listens on (http:\/\/\S+)/;

async function startHub(cwd: string, { args = [], env = {} }: StartOptions = {}): Promise<Hub> {
  const process = new Yizhan(["serve", ...args], { cwd, env });
  onTestFinished(() => process[Symbol.asyncDispose]());
  const [, url = ""] = await process.printed(banner);
  return new Hub(process, url);
}
