import * as z from "zod";
import type { AnswerDoc, Endpoint, ParameterDoc } from "./endpoint.ts";

/** The parts of an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html) that the hub writes. */
export interface OpenApi {
  readonly openapi: "3.1.1";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: unknown };
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
}

export type Content = Readonly<
  Record<
    string,
    {
      readonly schema: Schema;
      readonly example?: unknown;
      readonly examples?: Readonly<Record<string, { value: unknown }>>;
    }
  >
>;

/** A JSON Schema of draft 2020-12, which OpenAPI 3.1 takes as it is. */
export type Schema = Readonly<Record<string, unknown>>;

/** Describes the endpoints with the schemas that they validate and answer with. */
export function openApiOf(endpoints: readonly Endpoint[], version: string): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "驿站 Yizhan",
      version,
      description:
        "除探针外，应答都是{code,message,data}，HTTP状态等于code；时间为UTC。 | All answers but the probes' are {code,message,data}, and the HTTP status equals code; times are UTC.",
    },
    paths,
    components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
  };
}

function operationOf({ doc, open }: Endpoint): Operation {
  const { operationId, summary, description, parameters = [], body, answers } = doc;
  const all = [...answers, ...(open ? [] : common)].toSorted((a, b) => a.status - b.status);
  const responses: Record<string, Operation["responses"][string]> = {};
  for (const answer of all) {
    responses[answer.status] ??= { description: answer.message, content: contentOf(answer) };
  }
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    // The empty alternative: on a loopback address no key is needed.
    security: open ? [] : [{ key: [] }, {}],
    parameters: parameters.map(parameterOf),
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses,
  };
}

const errorData = z.object({ error: z.string() });

const common: readonly AnswerDoc[] = [
  { status: 401, message: "未授权", data: errorData },
  { status: 500, message: "服务器内部错误", data: errorData },
  { status: 503, message: "存储不可用", data: errorData },
];

function contentOf({ status, message, data, bare, type, example }: AnswerDoc): Content {
  const body = data === undefined ? {} : schemaOf(data, "output");
  const schema = bare ? body : envelopeOf(status, message, body);
  return { [type ?? "application/json"]: { schema, ...(example === undefined ? {} : { example }) } };
}

function envelopeOf(code: number, message: string, data: Schema): Schema {
  return {
    type: "object",
    required: ["code", "message", "data"],
    properties: { code: { const: code }, message: { type: "string", examples: [message] }, data },
  };
}

function parameterOf({ name, in: place, schema, description }: ParameterDoc): Parameter {
  const shape = schemaOf(schema, "output");
  const required = place === "path" || !(schema.safeParse(undefined).success || "default" in shape);
  return { name, in: place, required, description, schema: shape };
}

function bodyOf({ schema, examples }: NonNullable<Endpoint["doc"]["body"]>): NonNullable<Operation["requestBody"]> {
  const shown = Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
  return { required: true, content: { "application/json": { schema: schemaOf(schema, "input"), examples: shown } } };
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    // Answers may get new fields; a client that took today's list for closed would break on them.
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return rest;
}
