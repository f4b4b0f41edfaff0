import { describe, expect, it } from "vitest";
import type { Account, Channel } from "../../model/recipient.ts";
import type { Directory } from "../../store/store.ts";
import { aRecipient } from "../samples.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

const account: Account = {
  tenant: "default",
  id: "smtp",
  platform: "email",
  name: "值班邮箱",
  settings: { password: "p", nested: [1, null, { deep: "真" }] },
};
const channel: Channel = {
  tenant: "default",
  id: "f1",
  platform: "feishu",
  name: "robot",
  settings: { url: "https://example.com/hook" },
};
const paced: Channel = { ...channel, id: "f2", account: "smtp", rate: [{ messages: 20, perMs: 60_000 }] };
const unpaced: Channel = { ...channel, id: "f3", rate: [], proxy: "http://hub:pa55@proxy.example:3128" };
const recipient = aRecipient({ feishu: ["f1", "f2"], email: ["f3"] }, ["bell"]);
const directory: Directory = { accounts: [account], channels: [channel, paced, unpaced], recipients: [recipient] };
const nothing: Directory = { accounts: [], channels: [], recipients: [] };

/** What a configuration says, as rows. */
export function directoryContract(open: StoreWorlds): void {
  describe("a directory", () => {
    it("is empty before one was applied", async () => {
      const { store } = await worldOf(open);
      expect(await store.directory("default")).toEqual(nothing);
    });

    it("is read back as it was applied, platforms and Channels in their order", async () => {
      const { store, reopen } = await worldOf(open);
      await store.applyDirectory("default", directory, 1_000);
      expect(await store.directory("default")).toEqual(directory);
      expect(await (await reopen()).directory("default")).toEqual(directory);
    });

    it("is replaced by the next one", async () => {
      const { store } = await worldOf(open);
      await store.applyDirectory("default", directory, 1_000);
      const renamed = { ...channel, name: "renamed", settings: { url: "https://example.com/new" } };
      const later: Directory = {
        accounts: [account],
        channels: [renamed, { ...paced, rate: [{ messages: 1, perMs: 1 }] }, unpaced],
        recipients: [{ ...recipient, alias: "dev" }],
      };
      await store.applyDirectory("default", later, 2_000);
      expect(await store.directory("default")).toEqual(later);
    });

    it("keeps the Accounts and Channels that are no longer configured, for what still waits for them", async () => {
      const { store } = await worldOf(open);
      await store.applyDirectory("default", directory, 1_000);
      await store.applyDirectory("default", nothing, 2_000);
      const found = await store.directory("default");
      expect(found.recipients).toEqual([]);
      expect(found.accounts).toEqual([account]);
      expect(found.channels).toEqual(directory.channels);
    });

    it("is a tenant's own", async () => {
      const { store } = await worldOf(open);
      await store.applyDirectory("default", directory, 1_000);
      await store.applyDirectory("other", nothing, 2_000);
      expect(await store.directory("default")).toEqual(directory);
      expect(await store.directory("other")).toEqual(nothing);
    });

    it("that cannot be stored changes nothing", async () => {
      const { store } = await worldOf(open);
      await store.applyDirectory("default", directory, 1_000);
      const twice: Directory = { ...nothing, recipients: [recipient, recipient] };
      await expect(store.applyDirectory("default", twice, 2_000)).rejects.toThrow();
      expect(await store.directory("default")).toEqual(directory);
    });
  });
}
