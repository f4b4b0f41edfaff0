import { describe, expect, it } from "vitest";
import { startHub } from "./hub-for-tests.ts";
import { tunnelEndpoints } from "./tunnels.ts";

const agent = { name: "inner-1", address: "10.0.0.7", connectedAt: Date.parse("2026-03-01T08:00:00Z") };
const tunnels = [
  {
    name: "office",
    agents: [
      { ...agent, pending: 3, isDraining: false },
      { ...agent, name: "inner-2", pending: 1, isDraining: true },
    ],
  },
  { name: "plant", agents: [] },
];

describe("GET /api/v1/tunnels", () => {
  it("shows who is connected, and since when", async () => {
    const hub = await startHub({ more: tunnelEndpoints({ tunnels: () => tunnels }) });
    const { status, body } = await hub.ask("GET", "/api/v1/tunnels");
    expect(status).toBe(200);
    const shown = { name: "inner-1", address: "10.0.0.7", connected_at: "2026-03-01T08:00:00Z" };
    expect(body.data).toEqual({
      tunnels: [
        {
          name: "office",
          agents: [
            { ...shown, pending: 3, draining: false },
            { ...shown, name: "inner-2", pending: 1, draining: true },
          ],
        },
        { name: "plant", agents: [] },
      ],
    });
  });
});
