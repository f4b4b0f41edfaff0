import { defineConfig } from "vitest/config";

const common = { testTimeout: 20_000, hookTimeout: 20_000, pool: "forks" } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "rooms",
          include: ["src/**/*.test.ts", "bench/**/*.test.ts", "scripts/**/*.test.ts"],
        },
      },
      // A project of its own, so that testing one room does not wait for a build of all of them.
      { test: { ...common, name: "hub", include: ["test/**/*.test.ts"], globalSetup: "test/setup.ts" } },
    ],
  },
});
