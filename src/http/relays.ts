import type { FastifyReply, FastifyRequest } from "fastify";
import type { Forward } from "../model/forward.ts";
import type { ForwardStore } from "../store/store.ts";
import { bodyOf, isFromElsewhere, queryOf, refuse } from "./checked-input.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";
import {
  relayDocs as docs,
  forwardQuery,
  type RelayStatus,
  replayBody,
  shownForward,
  shownRelay,
} from "./relay-shapes.ts";

export interface RelayOptions {
  readonly tenant: string;
  /** Those of the configuration. */
  readonly relays: () => readonly RelayStatus[];
  readonly forwards: Pick<ForwardStore, "counts" | "page" | "get" | "replay" | "replaySpan" | "skip">;
  /** Something waits again, or in the place of what was skipped: whoever delivers has to look, at once. */
  readonly moved: (relay: string, receiver: string | undefined) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Everything under `/api/v1/relays`: what relays pass on, and what waits for whom. */
export function relayEndpoints({ tenant, relays, forwards, moved, now }: RelayOptions): Endpoint[] {
  /** Answers that there is none where there is none. What waits for a relay that was removed is still to be had. */
  const withRelay =
    (handle: (name: string, request: FastifyRequest, reply: FastifyReply) => Promise<void>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { name } = request.params as { name: string };
      const known = relays().some((one) => one.name === name);
      if (known || (await forwards.page(tenant, { relay: name }, { limit: 1 })).length > 0) {
        await handle(name, request, reply);
      } else answer(reply, 404, "转发不存在", { name });
    };
  const given = (reply: FastifyReply, id: string, forward: Forward | undefined): forward is Forward => {
    if (!forward) answer(reply, 404, "转发记录不存在", { id });
    return forward !== undefined;
  };

  return [
    {
      method: "GET",
      path: root,
      doc: docs.list,
      async handle(_request, reply) {
        const counts = await forwards.counts(tenant);
        const shown = relays().map((one) =>
          shownRelay(
            one,
            counts.filter(({ relay }) => relay === one.name),
          ),
        );
        answer(reply, 200, "获取转发成功", { relays: shown });
      },
    },
    {
      method: "GET",
      path: `${root}/:name/forwards`,
      doc: docs.forwards,
      handle: withRelay(async (relay, request, reply) => {
        const query = queryOf(request, reply, forwardQuery);
        if (!query) return;
        const { state: states, receiver, since, until, limit, cursor } = query;
        const filter = { relay, states, receiver, since, until };
        const found = await forwards.page(tenant, filter, { limit: limit + 1, before: cursor });
        const page = found.slice(0, limit);
        const next = found.length > limit ? String(page.at(-1)?.seq) : null;
        answer(reply, 200, "获取转发记录成功", { forwards: page.map(shownForward), next_cursor: next });
      }),
    },
    {
      method: "POST",
      path: `${root}/:name/replay`,
      doc: docs.replay,
      handle: withRelay(async (relay, request, reply) => {
        const body = bodyOf(request, reply, replayBody);
        if (!body) return;
        const { id, since, until, receiver, states } = body;
        if ((id === undefined) === (since === undefined)) {
          refuse(reply, [{ field: "id", message: "id与since（可加until、receiver、states）二选一" }]);
        } else if (id !== undefined && (until !== undefined || receiver !== undefined || states !== undefined)) {
          refuse(reply, [{ field: "id", message: "until、receiver、states只能与since一起使用" }]);
        } else if (since !== undefined && until !== undefined && until <= since) {
          refuse(reply, [{ field: "until", message: "until必须晚于since" }]);
        } else if (id !== undefined) {
          const replayed = await forwards.replay(tenant, relay, id, now());
          if (!given(reply, id, replayed)) return;
          await moved(relay, replayed.receiver);
          answer(reply, 202, "开始重放", { count: 1 });
        } else {
          const filter = { relay, receiver, states, since, until: until ?? now() + 1 };
          const count = await forwards.replaySpan(tenant, filter, now());
          await moved(relay, receiver);
          answer(reply, 202, "开始重放", { count });
        }
      }),
    },
    {
      method: "POST",
      path: `${root}/:name/forwards/:id/skip`,
      doc: docs.skip,
      handle: withRelay(async (relay, request, reply) => {
        if (isFromElsewhere(request, reply)) return;
        const { id } = request.params as { id: string };
        const skipped = await forwards.skip(tenant, relay, id, now());
        if (!given(reply, id, skipped)) return;
        if (skipped.state === "done") {
          answer(reply, 409, "已送达", { forward: shownForward(skipped) });
          return;
        }
        await moved(relay, skipped.receiver);
        answer(reply, 200, "已跳过", { forward: shownForward(skipped) });
      }),
    },
  ];
}

const root = "/api/v1/relays";
