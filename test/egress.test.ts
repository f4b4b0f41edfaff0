import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedServer } from "../src/testing/scripted-server.ts";
import { ask } from "./ask.ts";
import { emptyFolder } from "./folder.ts";
import { RelayProcess } from "./relay/relay-process.ts";

const key = "egress-key-of-the-erp";

async function platform() {
  const server = await scriptedServer(() => ({ status: 200, body: '{"errcode":0,"access_token":"t"}' }));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function hubWith(config: object, env: Readonly<Record<string, string>> = {}) {
  const hub = await RelayProcess.hub({ config, env });
  onTestFinished(() => hub[Symbol.asyncDispose]());
  return hub;
}

describe("the door outward", () => {
  it("passes a call on to the platform as it came, with nothing in it of who called", async () => {
    const wecom = await platform();
    const hub = await hubWith({ egress: { enabled: true, hosts: { wecom: wecom.origin } } });
    const path = "/cgi-bin/gettoken?corpid=ww1&corpsecret=a%2Bb%2F";
    const answer = await ask(hub.url, "GET", `/egress/wecom${path}`, {
      headers: { "x-egress-key": key, "x-forwarded-for": "10.1.1.1", authorization: "Bearer for-the-platform" },
    });
    expect([answer.status, answer.text]).toEqual([200, '{"errcode":0,"access_token":"t"}']);
    const [request] = wecom.requests;
    expect(request?.url).toBe(path);
    expect(request?.headers).toMatchObject({ authorization: "Bearer for-the-platform" });
    const told = Object.keys(request?.headers ?? {}).filter((name) => /^x-|^via$|^forwarded$/.test(name));
    expect(told).toEqual([]);
    expect(hub.log).not.toMatch(/corpsecret|a%2Bb/);
  });

  it("carries a body there, also one of unknown length", async () => {
    const dingtalk = await platform();
    const hub = await hubWith({ egress: { enabled: true, hosts: { dingtalk: `${dingtalk.origin}/` } } });
    const text = "正文".repeat(10_000);
    const stream = new ReadableStream({
      start(controller) {
        for (const half of [text.slice(0, 9_000), text.slice(9_000)]) controller.enqueue(Buffer.from(half));
        controller.close();
      },
    });
    const init = { method: "POST", body: stream, duplex: "half" } as const;
    expect((await fetch(`${hub.url}/egress/dingtalk/robot/send?access_token=t`, init)).status).toBe(200);
    expect(dingtalk.requests[0]?.body).toBe(text);
  });

  it("is for known addresses and for whoever shows a key", async () => {
    const wecom = await platform();
    const egress = { enabled: true, callers: ["10.255.255.1"], keys: [key], hosts: { wecom: wecom.origin } };
    const hub = await hubWith({ egress });
    const status = async (headers: Record<string, string>) =>
      (await ask(hub.url, "POST", "/egress/wecom/cgi-bin/message/send", { text: "{}", headers })).status;
    expect(await status({})).toBe(403);
    expect(await status({ "x-egress-key": `${key}x` })).toBe(403);
    // Nobody here is trusted to say where a call came from.
    expect(await status({ "x-forwarded-for": "10.255.255.1", "x-real-ip": "10.255.255.1" })).toBe(403);
    expect(wecom.requests).toEqual([]);
    expect(await status({ "x-egress-key": key })).toBe(200);
    expect(hub.log).not.toContain(key);
  });

  it("opens to the listed servers only, and to none unless it is switched on", async () => {
    const wecom = await platform();
    const on = await hubWith({ egress: { enabled: true, hosts: { wecom: wecom.origin } } });
    expect((await ask(on.url, "GET", "/egress/elsewhere/")).status).toBe(404);
    expect((await ask(on.url, "GET", "/egress/wecom/../../etc")).status).toBe(404);
    const off = await hubWith({ egress: { hosts: { wecom: wecom.origin } } });
    expect((await ask(off.url, "GET", "/egress/wecom/")).status).toBe(404);
    expect(wecom.requests).toEqual([]);
  });
});

describe("a hub whose channel has a proxy", () => {
  it("reaches the platform through another's door outward, over TLS from end to end", async () => {
    const robot = await tlsRobot();
    const door = await hubWith({
      egress: { enabled: true, callers: [], keys: [key], hosts: { robot: robot.origin }, connect: true },
    });
    const proxy = door.url.replace("http://", `http://erp:${key}@`);
    const webhook = { url: `${robot.origin}/open-apis/bot/v2/hook/secret-token`, proxy };
    const recipients = { ops: { platforms: { feishu: { webhooks: [webhook] } } } };
    const inside = await hubWith({ recipients }, { NODE_EXTRA_CA_CERTS: robot.certificate });
    const push = {
      recipient_alias: "ops",
      type: "info",
      strategy: "all",
      style: "text",
      content: { title: "t", msg: "m" },
    };
    expect((await ask(inside.url, "POST", "/api/v1/push", { json: push })).status).toBe(200);
    expect(await robot.asked).toBe("POST /open-apis/bot/v2/hook/secret-token");
    expect(door.log + inside.log).not.toMatch(new RegExp(`${key}|secret-token`));
  });

  it("is told when the key is wrong, and the proxy reaches nothing else", async () => {
    const robot = await tlsRobot();
    const door = await hubWith({
      egress: { enabled: true, callers: [], keys: [key], hosts: { robot: robot.origin }, connect: true },
    });
    const { host } = new URL(robot.origin);
    const elsewhere = "127.0.0.1:22";
    const basic = (password: string) => `Basic ${Buffer.from(`erp:${password}`).toString("base64")}`;
    expect(await connectStatus(door.url, host, basic("another-key-of-the-erp"))).toBe(407);
    expect(await connectStatus(door.url, elsewhere, basic(key))).toBe(403);
    expect(await connectStatus(door.url, host, basic(key))).toBe(200);
  });
});

async function connectStatus(door: string, path: string, authorization: string): Promise<number | undefined> {
  const { request } = await import("node:http");
  const { hostname: host, port } = new URL(door);
  const headers = { "proxy-authorization": authorization };
  const asking = request({ host, port, method: "CONNECT", path, headers, agent: false }).end();
  const [response, socket] = await once(asking, "connect");
  socket.destroy();
  return response.statusCode;
}

/** A robot's server with a certificate of its own. */
async function tlsRobot() {
  const folder = emptyFolder();
  const [certificate, keyFile] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const who = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", ["req", ...kind, ...who, "-out", certificate, "-keyout", keyFile], { stdio: "ignore" });
  const asked = Promise.withResolvers<string>();
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(keyFile) }, (request, response) => {
    asked.resolve(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.end('{"code":0,"msg":"success"}'));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, certificate, asked: asked.promise };
}
