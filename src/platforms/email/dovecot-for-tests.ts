import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { ImapFlow } from "imapflow";

const BINARY = "/usr/sbin/dovecot";

/** A Dovecot of our own on a free port of 127.0.0.1, with everything it writes in a folder that goes with it. */
export interface TestDovecot extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** What it logged so far. */
  log(): string;
  /** Another client, that changes what the watcher sees. */
  client(): Promise<ImapFlow>;
  /** Ends it and everyone's connections at once. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and mails. */
  start(): Promise<void>;
}

export function hasDovecot(): boolean {
  return existsSync(BINARY);
}

/** @param options.idle Whether it can tell of new mail. Default: yes. */
export async function testDovecot(options: { readonly idle?: boolean } = {}): Promise<TestDovecot> {
  const folder = mkdtempSync(join(tmpdir(), "yizhan-dovecot-"));
  const port = await freePort();
  const [user, password] = ["reader", "read-the-mail-1"];
  const config = join(folder, "dovecot.conf");
  const withoutIdle = "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID ENABLE UIDPLUS\n";
  writeFileSync(config, configOf(folder, port, password) + (options.idle === false ? withoutIdle : ""));
  const log = () => (existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8") : "");
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    // A process group of its own, so that its children can be ended with it.
    const started = spawn(BINARY, ["-F", "-c", config], { stdio: "ignore", detached: true });
    child = started;
    ended = new Promise((resolve) => started.once("exit", () => resolve()));
    await answering(port, started, log);
  }

  function killGroup(): void {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
    }
  }

  async function kill(): Promise<void> {
    killGroup();
    await ended;
  }

  process.once("exit", killGroup);
  await start();
  return {
    port,
    user,
    password,
    log,
    start,
    kill,
    async client() {
      const auth = { user, pass: password };
      const client = new ImapFlow({
        host: "127.0.0.1",
        port,
        secure: false,
        auth,
        logger: false,
        disableAutoIdle: true,
      });
      client.on("error", () => {});
      await client.connect();
      return client;
    },
    async [Symbol.asyncDispose]() {
      await kill();
      process.off("exit", killGroup);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(folder: string, port: number, password: string): string {
  const { uid, gid, username } = userInfo();
  // Dovecot gives no mail to root.
  const owner = uid === 0 ? { uid: 65_534, gid: 65_534 } : { uid, gid };
  mkdirSync(join(folder, "mail"));
  if (uid === 0) {
    chmodSync(folder, 0o755);
    chownSync(join(folder, "mail"), owner.uid, owner.gid);
  }
  const group = uid === 0 ? "" : execFileSync("id", ["-gn"], { encoding: "utf8" }).trim();
  const unprivileged =
    uid === 0
      ? ""
      : `default_internal_user = ${username}\ndefault_login_user = ${username}\ndefault_internal_group = ${group}`;
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${folder}/mail/%u
mailbox_idle_check_interval = 1s
first_valid_uid = 1
auth_failure_delay = 0
imap_id_log = *
${unprivileged}
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
# Refused logins make the next ones wait, unless nobody counts them.
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
namespace inbox {
  inbox = yes
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Resolves when the greeting comes. Asks as fast as connections are refused, which the kernel paces. */
async function answering(port: number, child: ChildProcess, log: () => string): Promise<void> {
  while (!(await greets(port))) {
    if (child.exitCode !== null) throw new Error(`dovecot ended with ${child.exitCode}:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
