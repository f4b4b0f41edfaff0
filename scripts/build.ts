/**
 * Builds `dist/`: the command and the library as an ES module each, plus chunks for what they share and what only
 * some commands need, and the library's types.
 * Bundling halves the cold start (no resolution of several hundred files).
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import manifest from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: { yizhan: "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  sourcemap: true,
  legalComments: "none",
  define: { YIZHAN_VERSION: JSON.stringify(manifest.version) },
  // CommonJS dependencies inside the bundle still call require() for Node's own modules.
  banner: {
    js: 'import { createRequire as yizhanCreateRequire } from "node:module"; const require = yizhanCreateRequire(import.meta.url);',
  },
  logLevel: "warning",
});

// The declarations of the library entry, for programs that embed the hub.
const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
