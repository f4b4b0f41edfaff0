import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds what these tests run, unless it is built already. */
export function setup(): void {
  const script = fileURLToPath(new URL("../scripts/prepare.cjs", import.meta.url));
  execFileSync(process.execPath, [script, "--build"], { stdio: ["ignore", 2, 2] });
}
