import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { canPin, cpuMs, loadCore } from "../processes.ts";
import { bodyBytes, connections } from "./relay-bench.ts";

const execute = promisify(execFile);

export interface WrkRun {
  /** Answered in all. */
  readonly requests: number;
  readonly perSecond: number;
  /** Processor time of the proxy a request, microseconds. */
  readonly cpuUs: number;
}

/** POSTs of 1 KB over 64 connections, as fast as answers come. */
export class Wrk {
  readonly #script: string;

  constructor(folder: string) {
    this.#script = join(folder, "post.lua");
    const lines = [
      'wrk.method = "POST"',
      `wrk.body = string.rep("x", ${bodyBytes})`,
      'wrk.headers["Content-Type"] = "text/xml"',
    ];
    writeFileSync(this.#script, `${lines.join("\n")}\n`);
  }

  /** @throws Error when any answer was not a 200: a refusal is cheaper and would flatter the rate. */
  async run(url: string, pid: number, seconds: number): Promise<WrkRun> {
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", this.#script, url];
    const before = cpuMs(pid);
    const { stdout } = canPin
      ? await execute("taskset", ["-c", String(loadCore), "wrk", ...args])
      : await execute("wrk", args);
    const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
    const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    if (/Non-2xx|Socket errors/.test(stdout) || !(requests > 0)) throw new Error(`wrk at ${url}: ${stdout}`);
    return { requests, perSecond, cpuUs: ((cpuMs(pid) - before) * 1000) / requests };
  }
}
