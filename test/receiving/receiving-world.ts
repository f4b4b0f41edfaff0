import type { Event } from "../../src/model/event.ts";
import type { ConfigFile } from "../config-file.ts";
import { type Hub, type StartOptions, type World, world } from "../hub.ts";
import { type AccountKey, accounts, allAccounts } from "./accounts.ts";
import { PlatformCaller } from "./platform-caller.ts";

/** A hub with an account of everything that calls, and the callers. */
export interface ReceivingWorld extends World {
  readonly hub: Hub;
}

export async function receivingWorld(file: ConfigFile = {}, how?: StartOptions): Promise<ReceivingWorld> {
  const made = await world({ accounts: allAccounts, ...file });
  return { ...made, hub: await made.start(how) };
}

/** Where a platform calls about an account. */
export function callbackUrl(hub: Hub, name: AccountKey): string {
  return `${hub.url}${callbackPath(name)}`;
}

export function callbackPath(name: AccountKey): string {
  return `/callbacks/default/${accounts[name].platform}/${name}`;
}

/** The platform of one account. @param changes What it signs with, where it is to be wrong. */
export function callerOf(hub: Hub, name: AccountKey, changes: Readonly<Record<string, unknown>> = {}): PlatformCaller {
  const { calling, caller } = accounts[name];
  return new PlatformCaller(calling, { ...caller, url: callbackUrl(hub, name), ...changes });
}

/** Tells the sandbox where this hub takes the callbacks of all accounts: `sandbox.people` can act from then on. */
export function registerAll({ sandbox, hub }: Pick<ReceivingWorld, "sandbox" | "hub">): void {
  for (const name of Object.keys(accounts) as AccountKey[]) {
    const { calling, caller } = accounts[name];
    sandbox.callbacks.register({ platform: calling, account: name }, { ...caller, url: callbackUrl(hub, name) });
  }
}

/** Every stored Event, oldest first. */
export async function eventsOf(hub: Hub, query = ""): Promise<Event[]> {
  const found: Event[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const path = `/api/v1/events?limit=1000${from}${query === "" ? "" : `&${query}`}`;
    const { status, body } = await hub.ask<{ events: Event[]; next_cursor: string | null }>("GET", path);
    if (status !== 200) throw new Error(`the events were answered with ${status}: ${JSON.stringify(body)}`);
    found.push(...body.data.events);
    cursor = body.data.next_cursor;
  }
  return found.reverse();
}
