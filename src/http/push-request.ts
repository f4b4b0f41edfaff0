import { hash } from "node:crypto";
import * as z from "zod";
import type { Message } from "../model/message.ts";
import { type Route, strategies } from "../model/strategy.ts";
import type { Platform } from "../platforms/definition.ts";
import { type FieldProblem, fieldProblems } from "./field-problems.ts";

/** A push as the hub understands it. */
export interface ParsedPush {
  readonly alias: string;
  readonly route: Route;
  readonly message: Message;
}

type PushParse =
  | { readonly ok: true; readonly push: ParsedPush }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

/** The body of a push: its schema for the documents, and its parser. */
export interface PushReader {
  readonly schema: z.ZodType;
  parse(body: unknown): PushParse;
}

/** A reader that knows these platforms by id, alias and API name. */
export function pushReader(platforms: readonly Platform[]): PushReader {
  const ids = new Map<string, string>();
  for (const platform of platforms) {
    for (const name of [platform.apiName ?? platform.id, platform.id, ...platform.aliases]) ids.set(name, platform.id);
  }
  const schema = pushSchema([...ids.keys()]);
  return {
    schema,
    parse(body) {
      const input = withoutOverridden(body);
      const parsed = schema.safeParse(input);
      if (!parsed.success) return { ok: false, problems: fieldProblems(parsed.error, input, "请求体") };
      return { ok: true, push: pushOf(parsed.data, ids) };
    },
  };
}

/**
 * The same for two bodies that ask for the same thing, whatever their order of keys and ignored fields.
 *
 * @returns SHA-256, hexadecimal.
 */
export function hashOf({ alias, route, message }: ParsedPush): string {
  const { title, body, level, style, mentions, actions } = message;
  const way = "platform" in route ? ["platform", route.platform] : ["strategy", route.strategy];
  const called = mentions && [mentions.all ?? false, mentions.users ?? [], mentions.mobiles ?? []];
  const links = actions?.map(({ text, url }) => [text, url]);
  return hash("sha256", JSON.stringify([alias, way, title, body, level, style, called, links]));
}

// NUL is refused because some stores and platforms cut a text there.
const written = () =>
  z
    .string()
    .min(1)
    .refine((value) => value.trim() !== "", "不能为空")
    .refine((value) => !value.includes("\0"), "不能包含空字符（U+0000）");

const text = (max: number) => written().max(max);

function pushSchema(platforms: readonly string[]) {
  return z
    .object({
      recipient_alias: text(255).describe("接收者别名 | Alias of the recipient"),
      type: z.enum(["info", "warning", "error"]).describe("消息级别 | How urgent it is"),
      strategy: z
        .enum(strategies)
        .nullish()
        .describe("推送策略，默认failover；给出platform时忽略 | Default failover; ignored beside a platform"),
      platform: z
        .enum(platforms)
        .nullish()
        .describe("只推送到这个平台 | Only this platform, its channels in order until one takes it"),
      style: z.enum(["text", "card"]).describe("消息样式 | How it asks to be shown"),
      content: z
        .object({
          title: text(1000).describe("标题 | Title"),
          // Bounded by the body limit; platforms' own limits are kept by splitting.
          msg: written().describe("正文，可用Markdown | Body, CommonMark"),
          mentions: z
            .object({
              all: z.boolean().nullish().describe("所有人 | Everyone"),
              users: z.array(text(128)).max(200).nullish().describe("平台用户ID | User ids of the platform"),
              mobiles: z.array(text(32)).max(200).nullish().describe("手机号 | Mobile numbers"),
            })
            .nullish()
            .describe("提醒谁 | Whom to call by name"),
          actions: z
            .array(z.object({ text: text(100), url: z.url({ protocol: /^https?$/ }).max(2048) }))
            .max(10)
            .nullish()
            .describe("链接按钮 | Links, as buttons where the platform has them"),
        })
        .describe("消息内容 | What to say"),
    })
    .describe("未列出的字段会被忽略；null视为未填 | Fields not listed are ignored; null counts as missing");
}

/** Old clients send `""` for an optional field they left out, and anything as the strategy beside a platform. */
function withoutOverridden(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const { strategy, platform } = body as { strategy?: unknown; platform?: unknown };
  if (platform === "") return withoutOverridden({ ...body, platform: undefined });
  const hasPlatform = platform !== undefined && platform !== null;
  if (strategy === "" || (hasPlatform && strategy !== undefined)) return { ...body, strategy: undefined };
  return body;
}

type PushBody = z.infer<ReturnType<typeof pushSchema>>;

function pushOf(body: PushBody, ids: ReadonlyMap<string, string>): ParsedPush {
  const { content } = body;
  const platform = body.platform == null ? undefined : ids.get(body.platform);
  return {
    alias: body.recipient_alias,
    route: platform === undefined ? { strategy: body.strategy ?? "failover" } : { platform },
    message: {
      title: content.title.toWellFormed(),
      body: content.msg.toWellFormed(),
      level: body.type,
      style: body.style,
      ...(content.mentions == null ? {} : { mentions: mentionsOf(content.mentions) }),
      ...(content.actions == null ? {} : { actions: content.actions }),
    },
  };
}

function mentionsOf({ all, users, mobiles }: NonNullable<PushBody["content"]["mentions"]>): Message["mentions"] {
  return {
    ...(all == null ? {} : { all }),
    ...(users == null ? {} : { users }),
    ...(mobiles == null ? {} : { mobiles }),
  };
}
