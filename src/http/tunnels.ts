import * as z from "zod";
import type { AgentStatus, TunnelStatus } from "../relay/tunnel/tunnel-gate.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";

export interface TunnelOptions {
  /** Those of the configuration, in its order. */
  readonly tunnels: () => readonly TunnelStatus[];
}

/** `GET /api/v1/tunnels`: the agents that are connected from intranets. */
export function tunnelEndpoints({ tunnels }: TunnelOptions): Endpoint[] {
  return [
    {
      method: "GET",
      path: "/api/v1/tunnels",
      doc,
      async handle(_request, reply) {
        const shown = tunnels().map(({ name, agents }) => ({ name, agents: agents.map(shownAgent) }));
        answer(reply, 200, "获取隧道成功", { tunnels: shown });
      },
    },
  ];
}

const agentSchema = z.object({
  name: z.string(),
  address: z.string().describe("连接来源地址 | Where it connects from"),
  connected_at: z.iso.datetime(),
  pending: z.int().describe("进行中的请求数 | Requests under way"),
  draining: z.boolean().describe("正在退出，不再接收新请求 | It finishes what it has, and gets nothing new"),
});

function shownAgent({ name, address, connectedAt, pending, isDraining }: AgentStatus): z.infer<typeof agentSchema> {
  return { name, address, connected_at: timeText(connectedAt), pending, draining: isDraining };
}

const doc: Endpoint["doc"] = {
  operationId: "listTunnels",
  summary: "隧道与已连接的代理 | Tunnels and the agents that are connected to them",
  answers: [
    {
      status: 200,
      message: "获取隧道成功",
      data: z.object({ tunnels: z.array(z.object({ name: z.string(), agents: z.array(agentSchema) })) }),
    },
  ],
};
