import { describe, expect, it, onTestFinished } from "vitest";
import { RawClient } from "./relay/raw-client.ts";
import { RawTarget } from "./relay/raw-target.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { get } from "./relay/row.ts";
import { valuesOf } from "./relay/wire.ts";

/** What the target is told of a request with these fields, by a relay that believes these proxies. */
async function told(trust_proxy: unknown, fields: readonly string[], relay: object = {}) {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  const server = { host: "127.0.0.1", port: 0, trust_proxy };
  const proxy = await RelayProcess.start({ config: relayConfig([target.url], relay, { server }) });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const client = await RawClient.connect(proxy.url);
  onTestFinished(() => client.leave());
  client.write(get("/wework-callback/a", ...fields));
  await client.answer();
  const [request] = await target.has(1);
  if (!request) throw new Error("no request");
  const value = (name: string) => valuesOf(request, name).join(", ");
  return {
    for: value("x-forwarded-for"),
    proto: value("x-forwarded-proto"),
    host: value("x-forwarded-host"),
    ip: value("x-real-ip"),
    forwarded: value("forwarded"),
    atTarget: value("host") === target.authority ? "the target's" : value("host"),
  };
}

const fromProxy = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: hub.example"];

describe("what a proxy that is trusted tells", () => {
  it("is believed, and appended to", async () => {
    expect(await told(["127.0.0.1"], fromProxy)).toEqual({
      for: "203.0.113.7, 127.0.0.1",
      proto: "https",
      host: "hub.example",
      ip: "203.0.113.7",
      forwarded: "",
      atTarget: "the target's",
    });
  });

  it("counts from the right: what a client put before it is passed on, and not believed", async () => {
    const { ip, ...rest } = await told(["127.0.0.1"], ["X-Forwarded-For: 6.6.6.6, 203.0.113.7", "X-Real-IP: 6.6.6.6"]);
    expect([ip, rest.for]).toEqual(["203.0.113.7", "6.6.6.6, 203.0.113.7, 127.0.0.1"]);
  });

  it("may be in several lines, through several proxies", async () => {
    const lines = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 10.1.2.3"];
    const { ip, ...rest } = await told(["127.0.0.1", "10.0.0.0/8"], lines);
    expect([ip, rest.for]).toEqual(["203.0.113.7", "203.0.113.7, 10.1.2.3, 127.0.0.1"]);
  });

  it("tells nothing of its own accord", async () => {
    const { ip, proto, host, ...rest } = await told(["127.0.0.1"], []);
    expect([ip, rest.for, proto, host]).toEqual(["127.0.0.1", "127.0.0.1", "http", "relay.test"]);
  });
});

describe("what anybody else tells", () => {
  it.each([
    ["where nobody is trusted", false],
    ["where others are", ["10.0.0.0/8"]],
  ])("is thrown away %s", async (_where, trust) => {
    const forged = [...fromProxy, "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6"];
    expect(await told(trust, forged)).toEqual({
      for: "127.0.0.1",
      proto: "http",
      host: "relay.test",
      ip: "127.0.0.1",
      forwarded: "",
      atTarget: "the target's",
    });
  });
});

describe("a relay that keeps Host", () => {
  it("passes it on as it came", async () => {
    expect(await told(false, [], { keep_host: true })).toMatchObject({ atTarget: "relay.test", host: "relay.test" });
  });
});
