import type { LookupFunction } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedServer } from "../testing/scripted-server.ts";
import { isPublicAddress } from "./public-address.ts";
import { targetProblem } from "./target.ts";
import { createWebhookClient, type WebhookClientOptions } from "./webhook-client.ts";

const setup = async (options: Partial<WebhookClientOptions> = {}) => {
  const server = await scriptedServer(() => ({ status: 200, body: "" }));
  onTestFinished(() => server[Symbol.asyncDispose]());
  const client = createWebhookClient({ allowPrivate: false, timeoutMs: 1_000, ...options });
  onTestFinished(() => client.close());
  const { port } = new URL(server.origin);
  const post = (url: string) => client.post({ url, headers: {}, body: "{}" });
  return { server, port, post };
};

/** A name server of the test's own; every name has these addresses. */
function resolving(...addresses: readonly string[]): LookupFunction {
  return (_name, options, callback) => {
    const all = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    if (options.all) callback(null, all);
    else callback(null, all[0]?.address ?? "", all[0]?.family ?? 4);
  };
}

describe("an address of the hub's own network", () => {
  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
    "not an address",
  ])("is %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.128.0.1",
    "223.255.255.255",
    "2400:3200::1",
    "::ffff:8.8.8.8",
  ])("is not %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "http://127.0.0.1",
    "http://localhost",
    "http://LOCALHOST.",
    "http://x.localhost",
    "http://0x7f.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://127.1",
    "http://[::1]",
    "http://[::ffff:7f00:1]",
    "http://①②⑦.0.0.1",
    "https://169.254.169.254/latest/meta-data/",
  ])("is known in any writing: %s", async (url) => {
    expect(targetProblem(url, false)).toBe("private");
    expect(targetProblem(url, true)).toBeUndefined();
    const { port, post, server } = await setup();
    const address = new URL(url);
    address.protocol = "http:";
    address.port = port;
    expect(await post(address.href)).toMatchObject({ kind: "refused" });
    expect(server.requests).toEqual([]);
  });

  it.each([["127.0.0.1"], ["::1"], ["10.0.0.1"], ["::ffff:127.0.0.1"]])(
    "is refused when a name resolves to it: %s",
    async (address) => {
      const { port, post, server } = await setup({ lookup: resolving(address) });
      expect(await post(`http://rebound.example:${port}/`)).toEqual({
        kind: "refused",
        error: expect.stringContaining("rebound.example"),
      });
      expect(server.requests).toEqual([]);
    },
  );

  it("is never connected to, though a name has public addresses beside it", async () => {
    const { port, post, server } = await setup({ lookup: resolving("127.0.0.1", "240.0.0.1") });
    expect(await post(`http://rebound.example:${port}/`)).toMatchObject({ kind: "refused" });
    expect(server.requests).toEqual([]);
  });

  it("is looked at anew at each attempt", async () => {
    let address = "240.0.0.1";
    let asked = 0;
    const lookup: LookupFunction = (name, options, callback) => {
      asked++;
      resolving(address)(name, options, callback);
    };
    const { port, post } = await setup({ lookup });
    await post(`http://rebound.example:${port}/`);
    address = "127.0.0.1";
    expect(await post(`http://rebound.example:${port}/`)).toMatchObject({ kind: "refused" });
    expect(asked).toBe(2);
  });

  it("is reached where the operator allows it", async () => {
    const { port, post, server } = await setup({ allowPrivate: true, lookup: resolving("127.0.0.1") });
    expect(await post(`http://inside.example:${port}/hook?a=1`)).toMatchObject({ kind: "answered", status: 200 });
    expect(server.requests[0]).toMatchObject({ method: "POST", url: "/hook?a=1", body: "{}" });
  });
});

describe("an address that is none", () => {
  it.each([
    ["ftp://example.com/", "not-http"],
    ["example.com", "not-http"],
    ["", "not-http"],
    ["file:///etc/passwd", "not-http"],
    ["https://user@example.com/", "credentials"],
    ["https://user:password@example.com/", "credentials"],
    ["https://example.com/hook?token=x", undefined],
  ])("%j is %s", (url, problem) => {
    expect(targetProblem(url, false)).toBe(problem);
  });
});

describe("an answer", () => {
  it("counts from its status, though its body never ends", async () => {
    const { createServer } = await import("node:http");
    const server = createServer((_request, response) => {
      response.writeHead(202).write("x");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { post } = await setup({ allowPrivate: true, timeoutMs: 100 });
    const { port } = server.address() as { port: number };
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: "answered", status: 202 });
  });
});
