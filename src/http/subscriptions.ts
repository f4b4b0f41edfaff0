import type { FastifyReply, FastifyRequest } from "fastify";
import type { Subscriptions, WantedSubscription } from "../dispatch/subscriptions.ts";
import { type TargetProblem, targetProblem } from "../dispatch/target.ts";
import { isSigningSecret } from "../dispatch/webhook-signature.ts";
import type { Subscription } from "../store/store.ts";
import { bodyOf, isFromElsewhere, queryOf, refuse } from "./checked-input.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";
import {
  changedBody,
  type DeadLetterPage,
  deadLetterPage,
  subscriptionDocs as docs,
  newBody,
  replayBody,
  shownDeadLetter,
  shownSubscription,
} from "./subscription-shapes.ts";

export interface SubscriptionOptions {
  readonly subscriptions: Subscriptions;
  /** May subscriptions reach loopback, private and link-local addresses? */
  readonly allowPrivate: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Everything under `/api/v1/subscriptions`: programs that are told of Events over HTTP. */
export function subscriptionEndpoints({ subscriptions, allowPrivate, now }: SubscriptionOptions): Endpoint[] {
  const shown = async (subscription: Subscription) =>
    shownSubscription(subscription, await subscriptions.state(subscription.id), now());

  /** Finds the subscription of the path, or answers that there is none. */
  const withOne =
    (handle: (subscription: Subscription, request: FastifyRequest, reply: FastifyReply) => Promise<void>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { id } = request.params as { id: string };
      const subscription = await subscriptions.get(id);
      if (subscription) await handle(subscription, request, reply);
      else answer(reply, 404, "订阅不存在", { id });
    };

  return [
    {
      method: "POST",
      path: root,
      doc: docs.create,
      async handle(request, reply) {
        const body = bodyOf(request, reply, newBody);
        if (!body || !acceptable(reply, body.url, body.secret, allowPrivate)) return;
        const saved = await subscriptions.add(body);
        if (!saved) {
          answer(reply, 409, "订阅过多", { error: "订阅数量已达上限，请先删除不用的订阅" });
          return;
        }
        answer(reply, 201, "创建订阅成功", { subscription: await shown(saved.subscription), ...secretIn(saved) });
      },
    },
    {
      method: "GET",
      path: root,
      doc: docs.list,
      async handle(_request, reply) {
        const all = await subscriptions.list();
        answer(reply, 200, "获取订阅成功", { subscriptions: await Promise.all(all.map(shown)) });
      },
    },
    {
      method: "GET",
      path: one,
      doc: docs.one,
      handle: withOne(async (subscription, _request, reply) => {
        answer(reply, 200, "获取订阅成功", { subscription: await shown(subscription) });
      }),
    },
    {
      method: "PUT",
      path: one,
      doc: docs.change,
      handle: withOne(async (before, request, reply) => {
        const body = bodyOf(request, reply, changedBody);
        if (!body || !acceptable(reply, body.url ?? before.url, body.secret, allowPrivate)) return;
        const { url = before.url, rotate_secret: rotate, ...rest } = body;
        const wanted: WantedSubscription = { ...rest, url, rotate };
        const saved = await subscriptions.replace(before.id, wanted);
        if (!saved) {
          answer(reply, 404, "订阅不存在", { id: before.id });
          return;
        }
        answer(reply, 200, "更新订阅成功", { subscription: await shown(saved.subscription), ...secretIn(saved) });
      }),
    },
    {
      method: "DELETE",
      path: one,
      doc: docs.remove,
      handle: withOne(async ({ id }, _request, reply) => {
        await subscriptions.remove(id);
        answer(reply, 200, "删除订阅成功", { id });
      }),
    },
    {
      method: "POST",
      path: `${one}/replay`,
      doc: docs.replay,
      handle: withOne(async (subscription, request, reply) => {
        const body = bodyOf(request, reply, replayBody);
        if (body) await replay(subscriptions, subscription, body, now(), reply);
      }),
    },
    {
      method: "GET",
      path: `${one}/dead-letters`,
      doc: docs.deadLetters,
      handle: withOne(async ({ id }, request, reply) => {
        const query = queryOf(request, reply, deadLetterPage);
        if (query) answer(reply, 200, "获取死信成功", await deadLettersOf(subscriptions, id, query));
      }),
    },
    {
      method: "POST",
      path: `${one}/dead-letters/:event/retry`,
      doc: docs.retry,
      handle: withOne(async ({ id }, request, reply) => {
        if (isFromElsewhere(request, reply)) return;
        const { event } = request.params as { event: string };
        if (await subscriptions.retryDeadLetter(id, event)) answer(reply, 200, "已重新投递", { event_id: event });
        else answer(reply, 404, "死信不存在", { event_id: event });
      }),
    },
  ];
}

const root = "/api/v1/subscriptions";
const one = `${root}/:id`;

/** False when the address or the secret was refused. */
function acceptable(reply: FastifyReply, url: string, secret: string | undefined, allowPrivate: boolean): boolean {
  const problem = targetProblem(url, allowPrivate);
  const errors = [
    ...(problem ? [{ field: "url", message: targetWords[problem] }] : []),
    ...(secret === undefined || isSigningSecret(secret)
      ? []
      : [{ field: "secret", message: "secret必须是whsec_加24至64字节的Base64，留空则自动生成" }]),
  ];
  if (errors.length > 0) refuse(reply, errors);
  return errors.length === 0;
}

const targetWords: Readonly<Record<TargetProblem, string>> = {
  "not-http": "url必须是以http://或https://开头的完整网址",
  credentials: "url不能包含用户名或密码，请求以签名证明身份",
  private: "url指向内网、本机或链路本地地址，需由管理员允许",
};

function secretIn({ secret }: { readonly secret?: string | undefined }): { secret?: string } {
  return secret === undefined ? {} : { secret };
}

async function replay(
  subscriptions: Subscriptions,
  subscription: Subscription,
  { event_id, since, until }: { event_id?: string | undefined; since?: number | undefined; until?: number | undefined },
  now: number,
  reply: FastifyReply,
): Promise<void> {
  if ((event_id === undefined) === (since === undefined) || (event_id !== undefined && until !== undefined)) {
    const message = "event_id与since（可加until）二选一";
    refuse(reply, [{ field: "event_id", message }]);
    return;
  }
  if (since !== undefined) {
    const end = until ?? now + 1;
    if (end <= since) {
      refuse(reply, [{ field: "until", message: "until必须晚于since" }]);
      return;
    }
    answer(reply, 202, "开始重放", { count: await subscriptions.replaySpan(subscription, since, end) });
    return;
  }
  switch (await subscriptions.replayEvent(subscription, event_id ?? "")) {
    case "replaying":
      answer(reply, 202, "开始重放", { count: 1 });
      return;
    case "unknown":
      answer(reply, 404, "事件不存在", { event_id });
      return;
    case "unwanted":
      answer(reply, 422, "事件不在订阅范围内", { error: "此事件的类型或账号不在该订阅的范围内", event_id });
  }
}

async function deadLettersOf(subscriptions: Subscriptions, id: string, { limit, cursor }: DeadLetterPage) {
  const found = await subscriptions.deadLetters(id, { limit: limit + 1, before: cursor });
  const page = found.slice(0, limit);
  const next = found.length > limit ? String(page.at(-1)?.seq) : null;
  return { dead_letters: page.map(shownDeadLetter), next_cursor: next };
}
