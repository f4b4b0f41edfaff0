import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { channelId, directoryOf } from "./directory.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

function directory(text: string) {
  const loaded = readConfig({ file: "config.yaml", text, env: {}, platforms });
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return directoryOf(loaded.config, platforms);
}

const url = "https://open.feishu.cn/open-apis/bot/v2/hook/abc";

describe("a Channel's id", () => {
  it("is stored for ever: platform, then a hash of tenant, platform and address", () => {
    expect(channelId("default", "feishu", url)).toBe("feishu-b4bf9ccc62f5a668");
    const { channels } = directory(`recipients: { ops: { platforms: { feishu: { webhooks: [{ url: "${url}" }] } } } }`);
    expect(channels.map(({ id }) => id)).toEqual(["feishu-b4bf9ccc62f5a668"]);
  });

  it("tells tenants and platforms apart, and shows nothing of the address", () => {
    const ids = [channelId("a", "feishu", url), channelId("b", "feishu", url), channelId("a", "wecom", url)];
    expect(new Set(ids).size).toBe(3);
    expect(ids.join()).not.toContain("abc");
  });
});

describe("a robot that two Recipients share", () => {
  it("is one Channel, under the name that each gives it", () => {
    const { channels, recipients } = directory(`recipients:
  ops: { platforms: { feishu: { webhooks: [{ url: "${url}", name: Ops }] } } }
  dev: { platforms: { feishu: { webhooks: [{ url: "${url}", name: Dev }] } } }
`);
    expect(channels).toHaveLength(1);
    const targets = recipients.flatMap(({ platforms: groups }) => groups.flatMap((group) => group.targets));
    expect(targets).toEqual([
      { channel: channels[0]?.id, platform: "feishu", name: "Ops" },
      { channel: channels[0]?.id, platform: "feishu", name: "Dev" },
    ]);
  });
});

describe("a Channel's limits", () => {
  it("are only stored where the file overrides the published ones", () => {
    const { channels } = directory(`recipients:
  ops:
    platforms:
      feishu:
        webhooks:
          - { url: "${url}" }
          - { url: "${url}2", rate_limits: [] }
          - { url: "${url}3", rate_limits: [{ messages: 20, per_seconds: 60 }] }
`);
    expect(channels.map(({ rate }) => rate)).toEqual([undefined, [], [{ messages: 20, perMs: 60_000 }]]);
  });
});

describe("a Channel's proxy", () => {
  it("is stored with it", () => {
    const { channels } = directory(`recipients:
  ops: { platforms: { feishu: { webhooks: [{ url: "${url}", proxy: "http://proxy.example:3128" }] } } }
`);
    expect(channels.map(({ proxy }) => proxy)).toEqual(["http://proxy.example:3128"]);
  });
});

describe("a Recipient", () => {
  it("keeps the order of its platforms, without those that have nothing in them", () => {
    const { recipients } = directory(`recipients:
  ops:
    platforms:
      wecom: { webhooks: [{ url: "https://example.com/b" }] }
      dingtalk: { webhooks: [] }
      feishu: { webhooks: [{ url: "${url}" }] }
`);
    expect(recipients[0]?.platforms.map(({ platform }) => platform)).toEqual(["wecom", "feishu"]);
  });

  it("is rung by its own notifications, then by the global ones that are other places", () => {
    const { recipients } = directory(`recipients:
  ops: { platforms: { system: { notifications: [{ type: file, name: own file }] } } }
  dev: {}
system:
  notifications: [{ type: console, name: console }, { type: file, name: global file }]
`);
    expect(recipients.map(({ notifications }) => notifications.map(({ name }) => name))).toEqual([
      ["own file", "console"],
      ["console", "global file"],
    ]);
    expect(recipients.flatMap((recipient) => recipient.platforms)).toEqual([]);
  });
});

describe("the same configuration read again", () => {
  it("gives the same rows", () => {
    const text = `recipients: { ops: { platforms: { feishu: { webhooks: [{ url: "${url}", secret: s }] } } } }
system: { notifications: [{ type: console }] }`;
    expect(directory(text)).toEqual(directory(text));
  });
});
