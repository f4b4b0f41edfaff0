import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";

const BINARY = "/usr/sbin/nginx";

export function hasNginx(): boolean {
  return existsSync(BINARY);
}

/** An nginx of our own, set up to relay as it can, on a free port of 127.0.0.1. */
export class Nginx implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<void>;

  private constructor(url: string, folder: string) {
    this.url = url;
    this.#folder = folder;
    const files = ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")];
    this.#child = spawn(BINARY, files, { stdio: "ignore" });
    this.#ended = new Promise((resolve) => this.#child.once("exit", () => resolve()));
  }

  /** @param target Host and port. */
  static async start(target: string): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), "yizhan-nginx-"));
    const port = await freePort();
    writeFileSync(join(folder, "nginx.conf"), configOf({ folder, port, target }));
    const nginx = new Nginx(`http://127.0.0.1:${port}`, folder);
    await until(
      () => {
        if (nginx.#child.exitCode !== null) throw new Error(`nginx ended: ${nginx.log}`);
        return accepts(port);
      },
      { what: "nginx listening" },
    );
    return nginx;
  }

  /** What it had to complain about. */
  get log(): string {
    const file = join(this.#folder, "error.log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * The raw request target goes on without its prefix, which only a variable can do: with a path of its own `proxy_pass`
 * would send the decoded one. Streaming both ways, fields with underscores, `Date` and `Server` are off by default.
 */
function configOf({ folder, port, target }: { folder: string; port: number; target: string }): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n  ")}
  underscores_in_headers on;
  upstream target { server ${target}; keepalive 16; }
  map $request_uri $rest {
    "~^/wework-callback(?<below>/.*)$" $below;
    "~^/wework-callback(?<query>\\?.*)?$" /$query;
    default /nowhere;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 1m;
    location = /wework-callback { ${proxy(target)} }
    location /wework-callback/ { ${proxy(target)} }
    location / { return 404; }
  }
}
`;
}

function proxy(target: string): string {
  return `
      if ($request_method !~ ^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$) { return 405; }
      proxy_pass http://target$rest;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 30s;
      proxy_redirect http://${target}/ /wework-callback/;
      proxy_pass_header Date;
      proxy_pass_header Server;
      proxy_set_header Host ${target};
      proxy_set_header Connection "";
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Forwarded "";
    `;
}

/** nginx binds what it is told; nobody else asks the system for this port in between. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
