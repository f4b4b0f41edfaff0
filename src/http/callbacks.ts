import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { type CallbackRequest, refusals } from "../platforms/receiving.ts";
import type { Place } from "../receive/accounts.ts";
import type { Received } from "../receive/reception.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";

export interface CallbackOptions {
  readonly tenant: string;
  readonly reception: {
    /** @throws StoreError when the store cannot take it. */
    receive(place: Place, request: CallbackRequest, remote: string): Promise<Received>;
    /** A callback over the limit came, and was refused unread. */
    tooLarge(place: Place, mostBytes: number): void;
  };
}

/**
 * Largest body of a callback, whatever the API's own limit is: a lower one would turn real events away, and anybody
 * may call here. The platforms' largest are a few hundred KiB.
 */
const CALLBACK_BYTES = 1_048_576;

/**
 * Where platforms call. Open to anyone, as they hold no key of ours: each account's own signature is what counts.
 * Beside an account's own path stand those that existing deployments are configured with.
 */
export function callbackEndpoints({ tenant, reception }: CallbackOptions): Endpoint[] {
  const at = (place: (request: FastifyRequest) => Place): Pick<Endpoint, "handle" | "tooLarge"> => ({
    async handle(request, reply) {
      const received = await reception.receive(place(request), callbackOf(request), request.ip);
      give(reply, received);
    },
    tooLarge: (request, mostBytes) => reception.tooLarge(place(request), mostBytes),
  });
  const own = at((request) => request.params as Place);
  const fixed = (platform: string, account: string) => at(() => ({ tenant, platform, account }));
  const wecom = fixed("wecom", "default");
  const robot = fixed("wecom", "bot");
  const paths: readonly [Endpoint["method"], string, string, ReturnType<typeof at>][] = [
    ["GET", "/callbacks/:tenant/:platform/:account", "verifyCallback", own],
    ["POST", "/callbacks/:tenant/:platform/:account", "receiveCallback", own],
    ["GET", "/wechat/callback", "verifyWechatCallback", wecom],
    ["POST", "/wechat/callback", "receiveWechatCallback", wecom],
    ["GET", "/api/v1/webhooks/wechat/api/verify", "verifyWechatApi", wecom],
    ["GET", "/api/v1/webhooks/wechat/api", "verifyWechatApiCallback", wecom],
    ["POST", "/api/v1/webhooks/wechat/api", "receiveWechatApiCallback", wecom],
    ["GET", "/api/v1/webhooks/wechat/bot", "verifyWechatBotCallback", robot],
    ["POST", "/api/v1/webhooks/wechat/bot", "receiveWechatBotCallback", robot],
    ["POST", "/", "receiveFeishuCallback", fixed("feishu", "default")],
  ];
  return paths.map(([method, path, operationId, handling]) => {
    return { method, path, open: true, bodyBytes: CALLBACK_BYTES, doc: docOf(operationId, path), ...handling };
  });
}

function callbackOf(request: FastifyRequest): CallbackRequest {
  const target = request.raw.url ?? "";
  const mark = target.indexOf("?");
  return {
    method: request.method,
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
    headers: request.headers,
    body: request.body instanceof Uint8Array ? request.body : empty,
  };
}

const empty = new Uint8Array();

function give(reply: FastifyReply, received: Received): void {
  switch (received.kind) {
    case "answer": {
      const { status, contentType, body } = received.answer;
      reply.code(status).header("content-type", contentType).send(body);
      return;
    }
    case "unknown-account":
      answer(reply, 404, "回调账号不存在", null);
      return;
    case "refused":
      // Why, in words, is for the operator's log: whoever forges a callback learns no more than the reason.
      answer(reply, refusals[received.reason], "回调被拒绝", { reason: received.reason });
  }
}

function docOf(operationId: string, path: string): Endpoint["doc"] {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  return {
    operationId,
    summary: "平台回调 | Callbacks of the platforms",
    description: "验签、解密、落盘之后才应答；格式由平台决定 | Verified, decrypted and stored before it is answered",
    parameters: names.map((name) => ({ name, in: "path" as const, schema: z.string(), description: name })),
    answers: [
      { status: 200, message: "按平台要求应答", bare: true, type: "text/plain" },
      { status: 400, message: "回调被拒绝", data: z.object({ reason: z.enum(["undecryptable", "malformed"]) }) },
      { status: 401, message: "回调被拒绝", data: z.object({ reason: z.enum(["signature", "stale", "replayed"]) }) },
      { status: 403, message: "回调被拒绝", data: z.object({ reason: z.literal("forbidden") }) },
      { status: 404, message: "回调账号不存在" },
      { status: 413, message: "请求体过大", data: z.object({ error: z.string() }) },
      { status: 503, message: "存储不可用" },
    ],
  };
}
