import { afterAll, beforeAll, describe, it } from "vitest";
import { type Door, play } from "./play.ts";
import { RawTarget } from "./raw-target.ts";
import type { Row } from "./row.ts";
import { sections } from "./rows.ts";

/** Who stands in front of the target, started once for all rows. */
export interface Proxy {
  readonly start: (target: RawTarget) => Promise<AsyncDisposable & { readonly url: string }>;
  /** As this one is expected to play it; undefined leaves it out. */
  readonly rowOf: (row: Row) => Row | undefined;
  /** Does it keep the order of fields? */
  readonly keepsOrder: boolean;
}

/** Plays the whole table; to be called inside a `describe`. */
export function sweep({ start, rowOf, keepsOrder }: Proxy): void {
  let door: Door;
  const world = new AsyncDisposableStack();

  beforeAll(async () => {
    const target = world.use(await RawTarget.listen());
    const { url } = world.use(await start(target));
    door = { url, target, keepsOrder };
  });

  afterAll(() => world.disposeAsync());

  for (const [section, rows] of Object.entries(sections)) {
    const played = rows.map(rowOf).filter((row) => row !== undefined);
    describe(section, () => {
      it.each(played.map((row) => [row.name, row] as const))("%s", (_name, row) => play(row, door));
    });
  }
}
