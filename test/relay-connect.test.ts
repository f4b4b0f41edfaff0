import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTo } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { emptyFolder } from "./folder.ts";
import { AgentProcess, tunnelConfig, tunnelKey } from "./relay/agent-process.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { until } from "./until.ts";
import { run, Yizhan } from "./yizhan.ts";

/** A relay whose target is a tunnel, and a server of the intranet that says where it was asked. */
async function world(start: typeof RelayProcess.start = RelayProcess.start) {
  const inner = createServer((incoming, response) => response.end(`${incoming.headers.host} ${incoming.url}`));
  await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    inner.closeAllConnections();
    inner.close();
  });
  const authority = `127.0.0.1:${(inner.address() as AddressInfo).port}`;
  const relay = await start({ config: tunnelConfig() });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const agent = async (options: Partial<Parameters<typeof AgentProcess.start>[0]> = {}) => {
    const started = await AgentProcess.start({ hub: relay.url, to: `http://${authority}`, ...options });
    onTestFinished(() => started[Symbol.asyncDispose]());
    return started;
  };
  const ask = async (path = "") => {
    const answer = await fetch(`${relay.url}/wework-callback${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return { relay, authority, agent, ask };
}

describe("yizhan connect", () => {
  it("needs nothing but the hub's address, a key and a target, and says Host and path as the target has them", async () => {
    const { relay, authority, agent, ask } = await world();
    const { process } = await agent({ to: `http://${authority}/base/`, args: ["--key", tunnelKey], env: {} });
    await process.printed(/connected to 127\.0\.0\.1:\d+; requests go to http:\/\/127\.0\.0\.1:\d+/);
    expect(await ask("/hook/?a=%2F")).toEqual({ status: 200, text: `${authority} /base/hook/?a=%2F` });
    expect(relay.log).toMatch(/agent .+ at 127\.0\.0\.1 joined tunnel office/);
    expect(relay.log).not.toContain(tunnelKey);
    expect(process.stdout).not.toContain(tunnelKey);
  });

  it("takes the key from a file, and the tunnel by its name", async () => {
    const { agent, ask } = await world();
    const file = join(emptyFolder(), "key");
    writeFileSync(file, `${tunnelKey}\n`);
    await agent({ args: ["--key-file", file, "--tunnel", "office", "--name", "一号机"], env: {} });
    expect((await ask()).status).toBe(200);
  });

  it("works with a hub as with a relay by itself", async () => {
    const { relay, agent, ask } = await world(RelayProcess.hub);
    const running = await agent({ args: ["--name", "inner-1"] });
    expect((await ask("/x")).text).toMatch(/ \/x$/);
    const shown = (await (await fetch(`${relay.url}/api/v1/tunnels`)).json()) as { data: unknown };
    const connected = { name: "inner-1", address: "127.0.0.1", connected_at: expect.any(String), pending: 0 };
    expect(shown.data).toEqual({ tunnels: [{ name: "office", agents: [{ ...connected, draining: false }] }] });
    const metrics = await (await fetch(`${relay.url}/metrics`)).text();
    expect(metrics).toContain('yizhan_tunnel_agents{tunnel="office"} 1\n');
    running.process.signal("SIGINT");
    expect(await running.process.exited).toEqual({ code: 0, signal: null });
    expect((await ask()).status).toBe(503);
    await until(() => /agent inner-1 left tunnel office: the agent stops/.test(relay.log), { what: "the log" });
  });

  it("ends with 1 when the hub does not know its key, and does not repeat it", async () => {
    const { relay, authority } = await world();
    for (const env of [{ YIZHAN_TUNNEL_KEY: "wrong-key-0123456789" }, { YIZHAN_TUNNEL_KEY: tunnelKey.slice(1) }]) {
      const { code, stderr, stdout } = await run(["connect", relay.url, "--to", `http://${authority}`], {
        cwd: emptyFolder(),
        env,
      });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/answered 401 .*the key is wrong or was revoked/)]);
      expect(stderr + stdout).not.toContain(env.YIZHAN_TUNNEL_KEY);
    }
    expect(relay.log).toMatch(/an agent at 127\.0\.0\.1 was refused with 401/);
  });

  it.each([
    ["no key", ["http://127.0.0.1:1", "--to", "http://127.0.0.1:2"], /found no key, expected YIZHAN_TUNNEL_KEY/],
    [
      "two keys",
      ["http://127.0.0.1:1", "--to", "http://127.0.0.1:2", "--key", "a", "--key-file", "b"],
      /expected one of/,
    ],
    [
      "a key that is none",
      ["http://127.0.0.1:1", "--to", "http://127.0.0.1:2", "--key", "a b"],
      /characters that no key has/,
    ],
    [
      "a file that is not there",
      ["http://127.0.0.1:1", "--to", "http://127.0.0.1:2", "--key-file", "b"],
      /cannot be read \(ENOENT\)/,
    ],
    [
      "a hub that is no address",
      ["hub.example", "--to", "http://127.0.0.1:2", "--key", "a"],
      /expected its address, such as https:/,
    ],
    [
      "a hub with a password",
      ["https://u:p4ss@hub.example", "--to", "http://127.0.0.1:2", "--key", "a"],
      /found "https:\/\/…@hub/,
    ],
    [
      "a hub in the clear",
      ["http://hub.example", "--to", "http://127.0.0.1:2", "--key", "a"],
      /would send the key in the clear/,
    ],
    [
      "a target that is no address",
      ["https://hub.example", "--to", "127.0.0.1:2", "--key", "a"],
      /as --to, expected an http\(s\) address/,
    ],
    [
      "a target with a query",
      ["https://hub.example", "--to", "http://127.0.0.1:2/?a", "--key", "a"],
      /as --to, expected/,
    ],
    [
      "a tunnel that is no name",
      ["https://hub.example", "--to", "http://a", "--key", "a", "--tunnel", "a/b"],
      /as --tunnel/,
    ],
    [
      "authorities that are none",
      ["https://hub.example", "--to", "http://a", "--key", "a", "--ca", "none.pem"],
      /--ca none\.pem cannot be read/,
    ],
  ])("refuses %s in words", async (_what, args, words) => {
    const { code, stdout, stderr } = await run(["connect", ...args], { cwd: emptyFolder() });
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(words)]);
    expect(stderr).not.toContain("p4ss");
  });

  it("says in its help what a key on the command line means", async () => {
    const { code, stdout } = await run(["connect", "--help"], { cwd: emptyFolder() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/YIZHAN_TUNNEL_KEY/);
    expect(stdout).toMatch(/内网/);
  });
});

describe("a hub that restarts", () => {
  it("has its agents back by themselves", async () => {
    const { relay, authority, agent } = await world(RelayProcess.hub);
    const running = await agent();
    relay.process.signal("SIGTERM");
    expect(await relay.process.exited).toEqual({ code: 0, signal: null });
    await running.process.printed(/disconnected from 127\.0\.0\.1:\d+: the hub stops/);
    const server = { host: "127.0.0.1", port: Number(new URL(relay.url).port) };
    const again = await RelayProcess.hub({ config: tunnelConfig({}, { server }) });
    onTestFinished(() => again[Symbol.asyncDispose]());
    await until(() => [...running.log.matchAll(/ connected to /g)].length === 2, { what: "its return" });
    expect(await (await fetch(`${again.url}/wework-callback/x`)).text()).toBe(`${authority} /x`);
  });
});

describe("a key that is taken out of a running hub's configuration", () => {
  it("disconnects its agents at once, which say so and stay", async () => {
    const { authority } = await world();
    const [folder, server] = [emptyFolder(), { host: "127.0.0.1", port: 0 }];
    const configure = (...keys: readonly string[]) => {
      writeFileSync(
        join(folder, "config.yaml"),
        JSON.stringify(tunnelConfig({}, { server, tunnels: { office: { keys } } })),
      );
    };
    configure(tunnelKey);
    await using hub = new Yizhan(["serve"], { cwd: folder });
    const [, url = ""] = await hub.printed(/listens on (http:\/\/\S+)/);
    const status = async () => (await fetch(`${url}/wework-callback`)).status;
    const agent = async (env: Readonly<Record<string, string>>) => {
      const started = await AgentProcess.start({ hub: url, to: `http://${authority}`, env });
      onTestFinished(() => started[Symbol.asyncDispose]());
      return started;
    };
    const revoked = await agent({ YIZHAN_TUNNEL_KEY: tunnelKey });
    expect(await status()).toBe(200);
    configure("another-key-0123456789");
    hub.signal("SIGHUP");
    await revoked.process.printed(/disconnected from .*: the key was revoked[\s\S]*trying again in \d+\.\d s/);
    expect(await status()).toBe(503);
    expect(revoked.process.exit).toBeUndefined();
    await agent({ YIZHAN_TUNNEL_KEY: "another-key-0123456789" });
    expect(await status()).toBe(200);
  });
});

describe("a tunnel over TLS", () => {
  /** Ends TLS in front of the relay, as a reverse proxy does, with a certificate of an authority of its own. */
  async function behindTls(to: string) {
    const folder = emptyFolder();
    const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
    const subject = ["-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2"];
    openssl("req", "-x509", ...subject, "-subj", "/CN=Test Authority", "-keyout", "ca.key", "-out", "ca.pem");
    openssl("req", ...subject.slice(0, -2), "-subj", "/CN=localhost", "-keyout", "hub.key", "-out", "hub.csr");
    writeFileSync(join(folder, "names"), "subjectAltName=DNS:localhost");
    const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
    openssl("x509", "-req", "-in", "hub.csr", ...signing, "-out", "hub.pem");
    const { hostname, port } = new URL(to);
    const server = createTlsServer(
      { key: readFileSync(join(folder, "hub.key")), cert: readFileSync(join(folder, "hub.pem")) },
      (outside) => {
        const inside = connectTo(Number(port), hostname);
        outside.on("error", () => inside.destroy());
        inside.on("error", () => outside.destroy());
        outside.pipe(inside).pipe(outside);
        onTestFinished(() => void outside.destroy());
      },
    );
    // Of programs that do not trust it.
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { url: `https://localhost:${(server.address() as AddressInfo).port}`, ca: join(folder, "ca.pem") };
  }

  it("is open to an agent that is told whom to trust, and to no other", async () => {
    const { relay, authority, agent, ask } = await world();
    const { url, ca } = await behindTls(relay.url);
    await agent({ hub: url, args: ["--ca", ca] });
    expect((await ask("/x")).text).toBe(`${authority} /x`);
    const doubting = AgentProcess.launch({ hub: url, to: `http://${authority}` });
    onTestFinished(() => doubting[Symbol.asyncDispose]());
    await doubting.process.printed(/cannot be reached \(\w*(VERIFY|SIGNED|ISSUER)\w*\); --ca names the authority/);
  });
});
