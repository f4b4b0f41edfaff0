import { decrypt } from "@wecom/crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { world } from "./hub.ts";
import { allAccounts, secrets } from "./receiving/accounts.ts";
import { allDelivered, callerAt, durable, type Got, innerSystem, receiversOf } from "./relay/durable-world.ts";
import { Yizhan } from "./yizhan.ts";

const tunnelKey = "tunnel-key-0123456789";

const message = { event: "message", person: "zhangsan" } as const;

describe("a receiver behind a tunnel", () => {
  it("gets what waited for its agent, in order, whenever that comes back", async () => {
    const inner = await innerSystem();
    const relays = durable("app", [{ name: "crm", targets: [{ tunnel: "office" }] }]);
    const hubs = await world({ accounts: allAccounts, relays, tunnels: { office: { keys: [tunnelKey] } } });
    const hub = await hubs.start();
    const say = async (text: string) => {
      expect(
        await callerAt(hub, "app")
          .happened({ ...message, text })
          .send(),
      ).toMatchObject({ verdict: "accepted" });
    };
    for (const text of ["1", "2"]) await say(text);
    const connect = async () => {
      const args = ["connect", hub.url, "--to", inner.url];
      const agent = new Yizhan(args, { cwd: hubs.folder, env: { YIZHAN_TUNNEL_KEY: tunnelKey } });
      onTestFinished(() => agent[Symbol.asyncDispose]());
      await agent.printed(/connected to /);
      return agent;
    };
    const first = await connect();
    await allDelivered(hub);
    await first.kill();
    for (const text of ["3", "4"]) await say(text);
    expect(await receiversOf(hub)).toMatchObject([{ waiting: 2 }]);
    await connect();
    await allDelivered(hub);
    expect(inner.got.map((got) => contentIn(got))).toEqual(["1", "2", "3", "4"]);
  });
});

/** What was said, read with WeCom's own package. */
function contentIn({ body }: Got): string | undefined {
  const sealed = /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(body.toString())?.[1] ?? "";
  return /<Content><!\[CDATA\[(.*?)\]\]>/.exec(decrypt(secrets.wecomKey, sealed).message)?.[1];
}
