import { expect, it } from "vitest";
import { sideBySide } from "./side-by-side.ts";

it("lets every contender run in every round, and tells how often it did in a second", async () => {
  const ran = { one: 0, other: 0 };
  const rates = await sideBySide(
    [
      { name: "one", run: () => ran.one++ },
      { name: "other", run: async () => ran.other++ },
    ],
    { rounds: 2, forMs: 5 },
  );
  expect(rates).toHaveLength(2);
  for (const rate of rates) expect(Object.keys(rate)).toEqual(["one", "other"]);
  expect(rates.every(({ one, other }) => one > 0 && other > 0)).toBe(true);
  expect(ran.one).toBeGreaterThan(0);
});

it("waits for what answers with a promise", async () => {
  let open = 0;
  let most = 0;
  const run = async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
  };
  await sideBySide([{ name: "slow", run }], { rounds: 1, forMs: 1 });
  expect(most).toBe(1);
});
