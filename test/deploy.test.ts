import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { request } from "node:https";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { emptyFolder } from "./folder.ts";
import { until } from "./until.ts";
import { root } from "./yizhan.ts";

/** What reached the hub's side. */
interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
}

const nginx = "/usr/sbin/nginx";
const caddy = "/usr/bin/caddy";

const open = [
  "POST /callbacks/default/wecom/default?msg_signature=a%2Bb&echostr=%2F%3D",
  "GET /wechat/callback?echostr=1",
  "POST /api/v1/webhooks/wechat/api",
  "POST /api/v1/webhooks/wechat/bot",
  "POST /",
  "POST /wework-callback",
  "GET /wework-callback/a%2Fb//c?x=%2F",
];
const closed = ["POST /api/v1/push", "GET /", "GET /metrics", "GET /docs", "POST /wework-callbacks"];

describe.each([
  { name: "nginx", binary: nginx, start: startNginx },
  { name: "Caddy", binary: caddy, start: startCaddy },
])("the $name file of deploy/", ({ binary, start }) => {
  it.skipIf(!existsSync(binary))(
    "lets through what platforms call, byte for byte, and nothing of the API",
    async () => {
      const hub = await startHubSide();
      const outside = await start(hub.port);
      for (const line of open) {
        expect({ line, status: (await outside(line)).status }).toEqual({ line, status: 200 });
        expect(hub.seen.at(-1)?.line).toBe(line);
      }
      for (const line of closed) {
        expect({ line, refused: (await outside(line)).status }).toEqual({
          line,
          refused: expect.toBeOneOf([403, 404]),
        });
      }
      expect(hub.seen).toHaveLength(open.length);
    },
  );

  it.skipIf(!existsSync(binary))("says who called, whatever the caller says of itself", async () => {
    const hub = await startHubSide();
    const outside = await start(hub.port);
    await outside("POST /wework-callback/x", { "x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil.example" });
    expect(hub.seen[0]?.headers).toMatchObject({ "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" });
    expect(hub.seen[0]?.headers["x-forwarded-host"]).toMatch(/^hub\.example\.com/);
  });

  it.skipIf(!existsSync(binary))("lets a WebSocket through to the tunnels", async () => {
    const hub = await startHubSide();
    const outside = await start(hub.port);
    const upgrade = { connection: "Upgrade", upgrade: "websocket" };
    expect((await outside("GET /tunnels/office", upgrade)).status).toBe(101);
    expect(hub.seen[0]?.headers).toMatchObject({ upgrade: "websocket" });
  });
});

describe("the FRP files of deploy/", () => {
  it("are TOML, and agree about port and token", () => {
    const [server, client] = ["frps", "frpc"].map((name) => tomlOf(join(root, `deploy/frp/${name}.toml`)));
    expect(server).toMatchObject({ auth: { method: "token", token: client?.auth.token } });
    expect(client).toMatchObject({ serverPort: server?.bindPort, proxies: [{ localPort: 8080 }] });
    expect(server?.allowPorts).toEqual([{ single: client?.proxies?.[0]?.remotePort }]);
  });
});

interface FrpFile {
  readonly auth: { readonly token: string };
  readonly bindPort?: number;
  readonly allowPorts?: unknown;
  readonly proxies?: readonly { readonly remotePort: number }[];
}

/** By Python's own parser. */
function tomlOf(file: string): FrpFile {
  const script = "import json,sys,tomllib; print(json.dumps(tomllib.load(open(sys.argv[1],'rb'))))";
  return JSON.parse(execFileSync("/usr/bin/python3", ["-c", script, file], { encoding: "utf8" }));
}

async function startHubSide() {
  const seen: Seen[] = [];
  const server = createServer((incoming, response) => {
    seen.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers });
    incoming.resume().on("end", () => response.end("hub"));
  });
  server.on("upgrade", (incoming, socket) => {
    seen.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers });
    socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, port: (server.address() as AddressInfo).port };
}

type Outside = (line: string, headers?: Record<string, string>) => Promise<{ readonly status: number }>;

async function startNginx(hubPort: number): Promise<Outside> {
  const folder = emptyFolder();
  const [port, plainPort] = [await freePort(), await freePort()];
  const [certificate, key] = selfSigned(folder);
  const site = replaced(readFileSync(join(root, "deploy/nginx/yizhan.conf"), "utf8"), [
    ["127.0.0.1:8080", `127.0.0.1:${hubPort}`],
    ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
    ["listen 80", `listen 127.0.0.1:${plainPort}`],
    ["/etc/nginx/certificates/hub.example.com.pem", certificate],
    ["/etc/nginx/certificates/hub.example.com.key", key],
  ]);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  );
  const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events {} http { access_log off; ${temporary.join(" ")} ${site} }`;
  writeFileSync(join(folder, "nginx.conf"), main);
  started(spawn(nginx, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")]));
  return reachable(port);
}

async function startCaddy(hubPort: number): Promise<Outside> {
  const folder = emptyFolder();
  const port = await freePort();
  const [certificate, key] = selfSigned(folder);
  const site = replaced(readFileSync(join(root, "deploy/caddy/Caddyfile"), "utf8"), [
    ["127.0.0.1:8080", `127.0.0.1:${hubPort}`],
    ["hub.example.com {", `https://hub.example.com:${port} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`],
  ]);
  writeFileSync(join(folder, "Caddyfile"), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  mkdirSync(join(folder, "caddy"), { recursive: true });
  started(spawn(caddy, ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"], { env }));
  return reachable(port);
}

/** @throws Error when the file no longer says what is to be replaced. */
function replaced(text: string, changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((said, [from, to]) => {
    if (!said.includes(from)) throw new Error(`the file does not say ${from}`);
    return said.replaceAll(from, to);
  }, text);
}

function started(child: ChildProcess): void {
  onTestFinished(async () => {
    const gone = new Promise((resolve) => child.once("close", resolve));
    if (child.exitCode === null && child.kill("SIGTERM")) await gone;
  });
}

function selfSigned(folder: string): [certificate: string, key: string] {
  const files: [string, string] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const wanted = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const where = ["-subj", "/CN=hub.example.com", "-addext", "subjectAltName=DNS:hub.example.com"];
  execFileSync("openssl", ["req", ...wanted, ...where, "-out", files[0], "-keyout", files[1]], { stdio: "ignore" });
  return files;
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks over TLS, once somebody listens there. */
async function reachable(port: number): Promise<Outside> {
  const outside: Outside = (line, headers = {}) => {
    const [method = "", path = ""] = line.split(" ");
    return new Promise((resolve, reject) => {
      const asking = request({
        host: "127.0.0.1",
        servername: "hub.example.com",
        port,
        method,
        path,
        headers: { host: "hub.example.com", ...headers },
        rejectUnauthorized: false,
        agent: false,
      });
      asking.on("error", reject);
      asking.on("upgrade", (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0 });
      });
      asking.on("response", (response) => {
        response.resume().on("end", () => resolve({ status: response.statusCode ?? 0 }));
      });
      asking.end();
    });
  };
  await until(() => outside("GET /not-there").then(Boolean, () => undefined), { what: "the proxy listens" });
  return outside;
}
