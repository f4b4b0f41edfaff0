import type * as z from "zod";
import { type Call, json, type Reply } from "./stand-in.ts";
import type { SandboxState } from "./state.ts";

/** Answers one method of a path. What it throws becomes a 400: ZodError, RangeError, URIError. */
export type Handler = (state: SandboxState, call: Call, segments: readonly string[]) => Reply | Promise<Reply>;

export interface Route {
  /** Below `/sandbox/`; `{name}` stands for any one segment. */
  readonly path: readonly string[];
  readonly methods: Readonly<Record<string, Handler>>;
}

interface Problem {
  readonly field: string;
  readonly problem: string;
}

/** The parsed body. Asking for the JSON type keeps other sites' pages, which cannot send it unasked, away. */
export function bodyOf({ headers, body }: Call): unknown {
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) {
    throw new RangeError("content-type must be application/json");
  }
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new RangeError(`the body is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

export function wrong(status: number, error: string, problems: readonly Problem[] = []): Reply {
  return json(status, { error, problems });
}

/**
 * A segment of the path that is one of a few names.
 *
 * @param what Completes "… is no", e.g. "platform with robots".
 * @throws RangeError that names them all.
 */
export function oneOf<Name extends string>(names: readonly Name[], segment: string | undefined, what: string): Name {
  const name = names.find((known) => known === segment);
  if (name === undefined) throw new RangeError(`"${segment}" is no ${what}; expected one of ${names.join(", ")}`);
  return name;
}

export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.map((issue) => ({
    field: issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys].join(".") : issue.path.join("."),
    problem: issue.message,
  }));
}
