/**
 * Runs before `npm start` and `npm test` with whatever Node the machine has, so: plain old JavaScript, no dependency.
 * Installs when node_modules is missing or older than the lock file, builds when asked and the sources changed,
 * and does nothing otherwise.
 */
"use strict";

const { createHash } = require("node:crypto");
const { execFileSync, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const nodeBin = path.join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
const wantBuild = process.argv.includes("--build");

install();
if (wantBuild) build();

function install() {
  const stamp = path.join(root, "node_modules", ".yizhan-install");
  const wanted = () => digest([path.join(root, "package-lock.json"), path.join(root, "package.json")]);
  if (read(stamp) === wanted() && bundledNodeWorks()) return;
  say("installing dependencies (once; takes about half a minute)");
  const npm = process.env.npm_execpath;
  // Development dependencies carry our Node: they are needed even where NODE_ENV says production.
  // Not `npm ci`: it refuses a lock file that lacks other systems' optional binaries, which a mirror may not carry.
  const args = ["install", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const done =
    npm && /\.c?js$/.test(npm)
      ? spawnSync(process.execPath, [npm].concat(args), { cwd: root, stdio: ["ignore", 2, 2] })
      : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (done.error) fail(`npm could not be started: ${done.error.message}`);
  if (done.status !== 0) fail("npm install failed; its message is above");
  if (!bundledNodeWorks()) installNodeByHand();
  // Asked again: npm may have completed the lock file.
  fs.writeFileSync(stamp, wanted());
}

/** Some npm versions and settings skip install scripts; the `node` package needs its own to fetch the binary. */
function installNodeByHand() {
  if (currentNodeIsEnough()) return;
  spawnSync(process.execPath, ["installArchSpecificPackage"], {
    cwd: path.join(root, "node_modules", "node"),
    stdio: ["ignore", 2, 2],
  });
  if (!bundledNodeWorks()) {
    fail(
      "this machine's Node is " +
        process.version +
        ", Yizhan needs 24 or newer, and the npm package `node` could not provide it",
    );
  }
}

function build() {
  const stamp = path.join(root, "dist", ".yizhan-build");
  const files = list(path.join(root, "src"))
    .filter((file) => !/\.test\.ts$/.test(file))
    .concat([
      path.join(root, "scripts", "build.ts"),
      path.join(root, "package.json"),
      path.join(root, "package-lock.json"),
    ]);
  const want = digest(files);
  if (read(stamp) === want && fs.existsSync(path.join(root, "dist", "yizhan.js"))) return;
  say("building");
  const node = bundledNodeWorks() ? nodeBin : process.execPath;
  try {
    execFileSync(node, [path.join(root, "scripts", "build.ts")], { cwd: root, stdio: ["ignore", 2, 2] });
  } catch (_error) {
    fail("the build failed; its message is above");
  }
  fs.writeFileSync(stamp, want);
}

function bundledNodeWorks() {
  const ran = spawnSync(nodeBin, ["--version"], { encoding: "utf8", shell: process.platform === "win32" });
  return ran.status === 0 && majorOf(ran.stdout) >= 24;
}

function currentNodeIsEnough() {
  return majorOf(process.version) >= 24;
}

function majorOf(version) {
  return Number(String(version).replace(/^v/, "").split(".")[0]);
}

function digest(files) {
  const hash = createHash("sha256");
  files.forEach((file) => {
    hash.update(path.relative(root, file)).update("\0").update(fs.readFileSync(file)).update("\0");
  });
  return hash.digest("hex");
}

function list(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .reduce((found, entry) => {
      const full = path.join(folder, entry.name);
      return found.concat(entry.isDirectory() ? list(full) : [full]);
    }, []);
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (_error) {
    return undefined;
  }
}

function say(text) {
  process.stderr.write(`yizhan: ${text} …\n`);
}

function fail(text) {
  process.stderr.write(`yizhan: ${text}\n`);
  process.exit(1);
}
