import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../hub-process.ts";
import { loadCore, startProgram, stopProcess } from "../processes.ts";
import { bodyBytes } from "./relay-bench.ts";

/** Debian's, which is where an account without /usr/sbin in its path finds it too. */
export const nginx = "/usr/sbin/nginx";

/** A server that is up. */
export interface Origin {
  readonly port: number;
  /** Of the process whose processor time counts. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** What everything is relayed to. It reads bodies and throws them away. */
export function startUpstream(folder: string): Promise<Origin> {
  return startNginx(loadCore, folder, () => `location / { return 200 "${"y".repeat(bodyBytes)}"; }`);
}

/** nginx as it is told to relay in most places: HTTP/1.1 with kept connections, and where requests came from. */
export function startNginxProxy(core: number, folder: string, upstreamPort: number): Promise<Origin> {
  const upstream = `upstream inner { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }`;
  const location = `location /wework-callback/ {
      proxy_pass http://inner/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }`;
  return startNginx(core, folder, () => location, upstream);
}

async function startNginx(core: number, folder: string, location: () => string, upstream = ""): Promise<Origin> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(" ");
  writeFileSync(
    join(folder, "nginx.conf"),
    `worker_processes 1; daemon off; pid ${join(folder, "pid")}; error_log ${join(folder, "error.log")};
events { worker_connections 4096; }
http {
  access_log off; keepalive_timeout 600s; keepalive_requests 1000000000; ${temporary}
  ${upstream}
  server {
    listen 127.0.0.1:${port};
    ${location()}
  }
}
`,
  );
  const child = startProgram(core, nginx, ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  const worker = await childOf(pid);
  return { port, pid: worker, stop: () => stopProcess(child) };
}

/** The worker does the work. */
async function childOf(pid: number): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    await pause(10);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    if (children !== "") return Number(children.split(" ")[0]);
  }
  throw new Error("nginx did not start a worker");
}
