import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { emptyFolder } from "../folder.ts";
import { banner } from "../hub.ts";
import { until } from "../until.ts";
import { root } from "../yizhan.ts";

/**
 * `npm start` as a newcomer types it, but for a free port and a data folder of its own, so that it disturbs nobody.
 *
 * @returns Where the hub listens.
 */
export async function npmStart(): Promise<string> {
  const npm = spawn("npm", ["start", "--", "--port", "0", "--data", emptyFolder()], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: npm does not pass on every way of being ended.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => npm.once("close", () => resolve()));
  onTestFinished(async () => {
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, "SIGTERM");
    await ended;
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [, url = ""] = await until(
    () => {
      if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}:\n${output}`);
      return banner.exec(output) ?? undefined;
    },
    { what: "npm start listening", deadlineMs: 60_000 },
  );
  return url;
}
