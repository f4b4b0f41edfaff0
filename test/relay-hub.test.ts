import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "./ask.ts";
import { RawClient } from "./relay/raw-client.ts";
import { RawTarget, staysSilent } from "./relay/raw-target.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { get, ok } from "./relay/row.ts";

async function newTarget() {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  return target;
}

function kept<Process extends AsyncDisposable>(process: Process): Process {
  onTestFinished(() => process[Symbol.asyncDispose]());
  return process;
}

const key = "key-0123456789abcdef";

describe("a relay in a hub", () => {
  it("asks for no key of the hub's, and opens nothing else", async () => {
    const target = await newTarget();
    const rest = { server: { host: "0.0.0.0", port: 0 }, auth: { keys: [key] } };
    const hub = kept(await RelayProcess.hub({ config: relayConfig([target.url], {}, rest) }));
    expect((await ask(hub.url, "POST", "/wework-callback/a", { text: "x" })).text).toBe("ok");
    for (const path of ["/wework-callbackx", "/wework", "/api/v1/notifications"]) {
      expect([path, (await ask(hub.url, "GET", path)).status]).toEqual([path, 401]);
    }
    expect(target.seen()).toHaveLength(1);
  });

  it("passes the target's own errors on, and leaves the hub's paths to the hub", async () => {
    const target = await newTarget();
    const hub = kept(await RelayProcess.hub({ config: relayConfig([target.url]) }));
    const { status, body } = await ask(hub.url, "GET", "/health");
    expect([status, body]).toMatchObject([200, { status: expect.any(String) }]);
    expect(target.connections).toEqual([]);
  });

  it("is counted in the hub's metrics", async () => {
    const target = await newTarget();
    const hub = kept(await RelayProcess.hub({ config: relayConfig([target.url]) }));
    await ask(hub.url, "GET", "/wework-callback/a");
    await ask(hub.url, "GET", "/wework-callback/%zz");
    const { text } = await ask(hub.url, "GET", "/metrics");
    const counts = text.split("\n").filter((line) => /^yizhan_relay_\w+\{.*relay="wework"/.test(line));
    expect(counts.filter((line) => / 1$/.test(line)).join("\n")).toMatch(/2xx|200/);
    expect(counts.join("\n")).toContain("path-percent");
  });

  it("goes to other targets after a reload, while what is under way is finished", async () => {
    const [before, after] = [await newTarget(), await newTarget()];
    before.expect([staysSilent]);
    const hub = kept(await RelayProcess.hub({ config: relayConfig([before.url]) }));
    using client = await RawClient.connect(hub.url);
    client.write(get("/wework-callback/a"));
    await before.has(1);
    hub.configure(relayConfig([after.url], {}, { server: { host: "127.0.0.1", port: 0 } }));
    expect((await ask(hub.url, "POST", "/api/v1/reload")).status).toBe(200);
    await ask(hub.url, "GET", "/wework-callback/b");
    expect(after.seen()).toHaveLength(1);
    before.connections[0]?.write(ok("from before"));
    expect((await client.answer()).body).toBe("from before");
    expect(before.seen()).toHaveLength(1);
  });

  it("is closed by a reload that leaves it out", async () => {
    const target = await newTarget();
    const hub = kept(await RelayProcess.hub({ config: relayConfig([target.url]) }));
    hub.configure({ server: { host: "127.0.0.1", port: 0 } });
    expect((await ask(hub.url, "POST", "/api/v1/reload")).status).toBe(200);
    expect((await ask(hub.url, "GET", "/wework-callback/a")).status).toBe(404);
    expect(target.connections).toEqual([]);
  });
});
