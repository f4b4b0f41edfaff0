import { onTestFinished } from "vitest";
import type { Store } from "../../store/store.ts";

/** A store of a test's own, which outlives being closed. */
export interface StoreWorld {
  readonly store: Store;
  reopen(): Promise<Store>;
  remove(): Promise<void>;
}

export type StoreWorlds = () => Promise<StoreWorld>;

/** A world that is removed when the test is over. */
export async function worldOf(open: StoreWorlds): Promise<StoreWorld> {
  const world = await open();
  onTestFinished(() => world.remove());
  return world;
}
