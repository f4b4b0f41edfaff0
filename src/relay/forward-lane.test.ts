import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { laneName, laneOf, probeLaneName, receiverOfLane } from "./forward-lane.ts";

describe("the name of a lane", () => {
  it("says relay, receiver and chat again, whatever a chat's id is", () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);
    fc.assert(
      fc.property(name, name, fc.string(), (relay, receiver, chat) => {
        const lane = laneName({ relay, receiver, chat });
        expect(laneOf(lane)).toEqual({ relay, receiver, chat });
        expect(receiverOfLane(lane)).toBe(probeLaneName(relay, receiver));
      }),
    );
  });

  it("is another one for what belongs to no chat than for the one that probes", () => {
    expect(laneOf(laneName({ relay: "a", receiver: "b", chat: "" })).chat).toBe("");
    expect(laneOf(probeLaneName("a", "b"))).toEqual({ relay: "a", receiver: "b", chat: undefined });
  });
});
