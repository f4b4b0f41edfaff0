import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { trackingFolders, trackingsSource } from "../../scripts/generate-registry.ts";
import { messageStates } from "../model/event-data.ts";
import { knowableOf } from "./tracking.ts";
import { trackings } from "./trackings.ts";

describe("what platforms can tell of a message", () => {
  it("is listed as scripts/generate-registry.ts makes it of the folders", () => {
    const text = readFileSync(new URL("./trackings.ts", import.meta.url), "utf8");
    expect(text, "run: node scripts/generate-registry.ts").toBe(trackingsSource(trackingFolders()));
  });

  it.each([...trackings])("%s: is said of every state, on every kind of channel", (_id, tracking) => {
    expect(Object.keys(tracking).length).toBeGreaterThan(0);
    for (const knowable of Object.values(tracking)) expect(Object.keys(knowable)).toEqual([...messageStates]);
  });

  it("is what its first kind tells where a kind is not listed, and nothing for a platform that is not", () => {
    const email = trackings.get("email");
    expect(knowableOf(email, "robot")).toBe(email?.mail);
    expect(knowableOf(undefined, "robot")).toBeUndefined();
  });
});
