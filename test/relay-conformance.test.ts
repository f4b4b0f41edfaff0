import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNginx, Nginx } from "./relay/nginx.ts";
import { type Door, play } from "./relay/play.ts";
import { RawTarget } from "./relay/raw-target.ts";
import { type Row, rowForNginx } from "./relay/row.ts";
import { sections } from "./relay/rows.ts";

/** Who stands in front of the target, started once for all rows. */
interface Proxy {
  readonly start: (target: RawTarget) => Promise<AsyncDisposable & { readonly url: string }>;
  readonly rowOf: (row: Row) => Row | undefined;
  readonly keepsOrder: boolean;
}

function sweep({ start, rowOf, keepsOrder }: Proxy): void {
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

describe.skipIf(!hasNginx())("nginx as a second opinion (skipped where it is not installed)", () => {
  sweep({ start: (target) => Nginx.start(target.authority), rowOf: rowForNginx, keepsOrder: false });
});

describe("the table", () => {
  it("has a name for each rule, and each once", () => {
    const names = Object.entries(sections).flatMap(([section, rows]) => rows.map(({ name }) => `${section}: ${name}`));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.length).toBeGreaterThan(200);
  });
});
