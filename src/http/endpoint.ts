import type { FastifyReply, FastifyRequest } from "fastify";
import type * as z from "zod";

/** One operation: how it is answered and how the documents describe it, side by side so that they stay equal. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parameters as `:name`. */
  readonly path: string;
  /** Needs no key: what a load balancer asks. */
  readonly open?: true;
  /** Largest request body, where it is not the server's. */
  readonly bodyBytes?: number;
  readonly doc: EndpointDoc;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void> | void;
  /** Told of a body over the limit, which is refused before it is handled. */
  readonly tooLarge?: (request: FastifyRequest, mostBytes: number) => void;
}

/** Texts are Chinese, then English. */
interface EndpointDoc {
  /** Unique; client generators name methods after it. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterDoc[];
  readonly body?: { readonly schema: z.ZodType; readonly examples: Readonly<Record<string, unknown>> };
  readonly answers: readonly AnswerDoc[];
}

export interface ParameterDoc {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly schema: z.ZodType;
  readonly description: string;
}

export interface AnswerDoc {
  readonly status: number;
  readonly message: string;
  /** What `data` holds; the whole body where `bare`. */
  readonly data?: z.ZodType;
  /** Not in the envelope. */
  readonly bare?: true;
  /** Default: JSON. */
  readonly type?: string;
  readonly example?: unknown;
}

/** The path's methods, for `Allow`; empty when no endpoint has the path. */
export function methodsOf(endpoints: readonly Endpoint[], path: string): string[] {
  const parts = split(path);
  const found = new Set<string>();
  for (const endpoint of endpoints) {
    if (matches(split(endpoint.path), parts)) found.add(endpoint.method);
  }
  if (found.size === 0) return [];
  if (found.has("GET")) found.add("HEAD");
  return [...found, "OPTIONS"];
}

function split(path: string): string[] {
  return path.split("/");
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((part, index) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]));
}
