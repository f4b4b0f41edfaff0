import * as z from "zod";
import { isFromElsewhere } from "./checked-input.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";
import type { Reloads } from "./ports.ts";

/** `POST /api/v1/reload`. */
export function reloadEndpoint(reloads: Reloads): Endpoint {
  return {
    method: "POST",
    path: "/api/v1/reload",
    doc,
    async handle(request, reply) {
      if (isFromElsewhere(request, reply)) return;
      const { problems, notes } = await reloads.reload();
      if (problems.length === 0) {
        answer(reply, 200, "配置已重新加载", { notes });
        return;
      }
      answer(reply, 422, "配置有误，未生效", { error: problems[0], errors: problems, notes });
    },
  };
}

const doc: Endpoint["doc"] = {
  operationId: "reload",
  summary: "重新加载配置 | Re-read the configuration",
  description: "有误的配置不会生效 | An invalid configuration changes nothing and says why.",
  answers: [
    { status: 200, message: "配置已重新加载", data: z.object({ notes: z.array(z.string()) }) },
    { status: 403, message: "禁止访问", data: z.object({ error: z.string() }) },
    {
      status: 422,
      message: "配置有误，未生效",
      data: z.object({ error: z.string(), errors: z.array(z.string()), notes: z.array(z.string()) }),
    },
  ],
};
