import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { platforms } from "../platforms/registry.ts";
import { accountLines } from "./callback-lines.ts";

/** `yizhan check FILE`: every problem, each on a line of standard error; the exit code says whether there was one. */
export async function check(file: string): Promise<void> {
  const loaded = await loadConfig({ file, env: process.env, cwd: process.cwd(), platforms });
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    process.stderr.write(`${file}: ${loaded.problems.length} problem(s)\n`);
    process.exitCode = 1;
    return;
  }
  for (const note of loaded.notes) process.stdout.write(`note: ${note}\n`);
  const { recipients, receivingAccounts } = loaded.config;
  const found = `${recipients.length} recipient(s), ${receivingAccounts.length} account(s)`;
  const lines = [`${file}: valid, ${found}`, ...accountLines(receivingAccounts)];
  process.stdout.write(`${lines.join("\n")}\n`);
}
