import { describe, expect, it } from "vitest";
import * as z from "zod";
import { definePlatform, type Platform } from "../platforms/definition.ts";
import { defineReceiver, refusal } from "../platforms/receiving.ts";
import { builtIn, withOwn } from "./own-platforms.ts";
import { readConfig } from "./read.ts";

describe("the platforms of a program", () => {
  it("are there beside the built-in ones", () => {
    const { platforms, receivers, accountSchemas } = withOwn({
      platforms: [platform()],
      receivers: { pager: receiver },
    });
    expect(platforms.map(({ id }) => id)).toEqual([...builtIn.platforms.map(({ id }) => id), "pager"]);
    expect([...receivers.keys()]).toEqual([...builtIn.receivers.keys(), "pager"]);
    expect([...accountSchemas.keys()]).toEqual([...builtIn.accountSchemas.keys(), "pager"]);
  });

  it("are named in a configuration by id and alias", () => {
    const own = withOwn({ platforms: [platform({ aliases: ["beeper"] })], receivers: { pager: receiver } });
    const loaded = read(own, "beeper");
    expect(loaded).toMatchObject({
      ok: true,
      config: {
        recipients: [{ platforms: [{ platform: "pager", entries: [{ settings: { url: "http://127.0.0.1/" } }] }] }],
        receivingAccounts: [{ platform: "pager", name: "desk", settings: { secret: "s" } }],
      },
    });
  });

  it("are unknown to a configuration without them", () => {
    expect(read(builtIn, "pager")).toMatchObject({
      ok: false,
      problems: [{ path: "accounts.desk.platform" }, { path: "recipients.ops.platforms.pager" }],
    });
  });

  it.each(["feishu", "wechat", "webhook", "wechat-official", "server", "accounts", "relays"])(
    "cannot be called %s, as something else is",
    (name) => {
      const says = `"${name}" of the platform`;
      expect(() => withOwn({ platforms: [platform({ id: name })] })).toThrow(says);
      expect(() => withOwn({ platforms: [platform({ aliases: [name] })] })).toThrow(says);
      expect(() => withOwn({ platforms: [platform({ apiName: name })] })).toThrow(says);
      expect(() => withOwn({ receivers: { [name]: receiver } })).toThrow(`"${name}" of a receiver`);
    },
  );

  it("cannot share a name", () => {
    const two = [platform(), platform({ id: "beeper", aliases: ["pager"] })];
    expect(() => withOwn({ platforms: two })).toThrow(`"pager" of the platform beeper is taken`);
  });

  it.each(["", "p", "Pager", "pa ger", "pa/ger", "-pager", "pa--ger", "寻呼", "x".repeat(32), "../x"])(
    "cannot have the id %j, which goes into addresses",
    (id) => {
      expect(() => withOwn({ platforms: [platform({ id })] })).toThrow(TypeError);
      expect(() => withOwn({ receivers: { [id]: receiver } })).toThrow("expected 2 to 31 of a-z");
    },
  );
});

function platform(changes: Partial<Platform> = {}): Platform {
  return {
    ...definePlatform<unknown, { url: string }>({
      id: "pager",
      aliases: [],
      label: { en: "Pager", zh: "寻呼机" },
      capabilities: { markdown: "none", cards: false, buttons: "none", mentions: [], messageId: false },
      limits: { bytes: { text: 100, card: 100 }, rate: [] },
      errors: {},
      channel: z.strictObject({ url: z.url() }),
      listKey: "webhooks",
      address: ({ url }) => url,
      render: () => [],
      connect: () => ({ send: () => Promise.reject(new Error("nothing is sent here")) }),
    }),
    ...changes,
  };
}

const receiver = defineReceiver({
  account: z.strictObject({ secret: z.string() }),
  receive: () => refusal("signature", "nothing is received here"),
});

function read({ platforms, accountSchemas }: Pick<typeof builtIn, "platforms" | "accountSchemas">, name: string) {
  const config = {
    accounts: { desk: { platform: name === "beeper" ? "beeper" : "pager", secret: "s" } },
    recipients: { ops: { platforms: { [name]: { webhooks: [{ url: "http://127.0.0.1/" }] } } } },
  };
  return readConfig({ file: "config", text: JSON.stringify(config), env: {}, platforms, accountSchemas });
}
