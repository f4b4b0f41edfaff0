import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./yizhan.ts";

describe("the bundle", () => {
  it("leaves out what nobody calls of zod: its namespace object would bring forty languages along", () => {
    const whole = globSync("src/**/*.ts", { cwd: root }).filter((file) => {
      return /import (type )?\{[^}]*\bz\b[^}]*\} from "zod"/.test(readFileSync(join(root, file), "utf8"));
    });
    expect(whole, 'write: import * as z from "zod"').toEqual([]);
  });
});
