import * as z from "zod";
import { type Reply, ReplyRefused } from "../model/reply.ts";

const words = z.string().min(1).max(100_000);
const ref = z.string().min(1).max(1_024);
const article = z.strictObject({
  title: words,
  description: words.optional(),
  url: ref,
  picture: ref.optional(),
});

/** A reply's parts as JSON: all but a text that grows. */
const replyJson = z.strictObject({
  text: words.optional(),
  markdown: words.optional(),
  image: ref.optional(),
  voice: ref.optional(),
  video: z.strictObject({ media: ref, title: words.optional(), description: words.optional() }).optional(),
  articles: z.array(article).min(1).max(8).optional(),
  music: z
    .strictObject({
      title: words.optional(),
      description: words.optional(),
      url: ref.optional(),
      hqUrl: ref.optional(),
      thumb: ref,
    })
    .optional(),
  transfer: z.strictObject({ account: ref.optional() }).optional(),
  card: z.record(z.string(), z.unknown()).optional(),
  button: words.optional(),
  toast: z.strictObject({ kind: z.enum(["info", "success", "warning", "error"]).optional(), text: words }).optional(),
});

/**
 * What a replier gave as a Reply; undefined for nothing to say. Empty words are nothing to say.
 *
 * @throws ReplyRefused that names the field that is wrong, without its value.
 */
export function replyIn(given: unknown): Reply | undefined {
  if (given === undefined || given === null || given === "") return undefined;
  if (typeof given === "string") return { text: given };
  if (isStream(given)) return { stream: given };
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new ReplyRefused(`a reply is text, an object or an async iterable of text; found ${nameOf(given)}`);
  }
  const { stream, ...parts } = given as Record<string, unknown>;
  const parsed = replyJson.safeParse(parts);
  if (!parsed.success) throw new ReplyRefused(problemIn(parsed.error));
  if (stream === undefined) return parsed.data;
  if (!isStream(stream)) throw new ReplyRefused(`stream must be an async iterable of text; found ${nameOf(stream)}`);
  return { ...parsed.data, stream };
}

function isStream(value: unknown): value is AsyncIterable<string> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function problemIn({ issues: [issue] }: z.ZodError): string {
  if (!issue) return "the reply is not one";
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(replyJson.shape).join(", ");
    return `the reply has ${issue.keys.slice(0, 5).join(", ").slice(0, 100)}, and knows only ${known}`;
  }
  return `the reply's ${issue.path.join(".").slice(0, 100)} is wrong: ${issue.message}`;
}

function nameOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : typeof value;
}
