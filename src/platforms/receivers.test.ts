import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { receiverFolders, receiversSource } from "../../scripts/generate-registry.ts";
import { receivers } from "./receivers.ts";

describe("the receivers", () => {
  it("are what scripts/generate-registry.ts makes of the folders", () => {
    const text = readFileSync(new URL("./receivers.ts", import.meta.url), "utf8");
    expect(text, "run: node scripts/generate-registry.ts").toBe(receiversSource(receiverFolders()));
  });

  it("are one a folder, by the folder's name", () => {
    expect([...receivers.keys()]).toEqual(receiverFolders());
    expect(new Set(receivers.values()).size).toBe(receivers.size);
  });
});
