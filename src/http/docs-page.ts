import type { Content, OpenApi, Operation, Schema } from "./openapi.ts";

/**
 * The document as one page for people: rendered here, so it needs no script and nothing from another host.
 *
 * @param nonce Allows the page's one style element under its Content-Security-Policy.
 */
export function docsPage({ info, paths }: OpenApi, nonce: string): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const links = operations.map(
    ({ path, method, operation }) =>
      `<li><a href="#${escaped(operation.operationId)}"><b>${method}</b> ${escaped(path)}</a> ${escaped(operation.summary)}</li>`,
  );
  const sections = operations.map(({ path, method, operation }) => section(path, method, operation));
  return `<!doctype html><html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)} API</title><style nonce="${nonce}">${style}</style></head><body>
<h1>${escaped(info.title)} API <small>${escaped(info.version)}</small></h1><p>${escaped(info.description)}</p>
<p><a href="/docs/openapi.json">OpenAPI 3.1</a></p><ul>${links.join("")}</ul>${sections.join("")}</body></html>`;
}

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
code,pre{font-family:ui-monospace,monospace;font-size:.875rem}pre{background:#f5f5f2;padding:.75rem;overflow:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ddd}
section{margin-top:2.5rem;border-top:2px solid #ddd}h2 b,li b{color:#1a6b4f}ul{padding-left:1.2rem}
@media(prefers-color-scheme:dark){body{background:#191a1b;color:#ddd}pre{background:#262829}a{color:#8cb8ff}h2 b,li b{color:#6cc8a4}th,td,section{border-color:#444}}`;

function section(path: string, method: string, operation: Operation): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const parts = [
    `<section id="${escaped(operationId)}"><h2><b>${method}</b> <code>${escaped(path)}</code></h2>`,
    `<p>${escaped(summary)}</p>${description === undefined ? "" : `<p>${escaped(description)}</p>`}`,
  ];
  if (parameters.length > 0) {
    const rows = parameters.map((parameter) => ({
      name: `${parameter.name} (${parameter.in})`,
      type: typeOf(parameter.schema),
      required: parameter.required,
      description: parameter.description,
    }));
    parts.push(`<h3>参数 | Parameters</h3>${table(rows)}`);
  }
  if (requestBody) parts.push(`<h3>请求体 | Body</h3>${contentOf(requestBody.content)}`);
  for (const [status, response] of Object.entries(responses)) {
    parts.push(
      `<details${status === "200" ? " open" : ""}><summary>${status} ${escaped(response.description)}</summary>${contentOf(response.content)}</details>`,
    );
  }
  return `${parts.join("")}</section>`;
}

function contentOf(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema, example, examples }]) => {
      const rows = rowsOf(schema, "");
      const shown: { name: string; value: unknown }[] = example === undefined ? [] : [{ name: "", value: example }];
      for (const [name, { value }] of Object.entries(examples ?? {})) shown.push({ name, value });
      const texts = shown.map(
        ({ name, value }) => `<p>${escaped(name)}</p><pre>${escaped(JSON.stringify(value, null, 2))}</pre>`,
      );
      return `<p><code>${escaped(type)}</code></p>${rows.length > 0 ? table(rows) : ""}${texts.join("")}`;
    })
    .join("");
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** An object's fields, and those of the objects within it. */
function rowsOf(given: Schema, prefix: string): Row[] {
  const schema = withoutNull(given);
  if (isSchema(schema.items)) return rowsOf(schema.items, `${prefix}[]`);
  const { properties } = schema;
  if (!isSchema(properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties).flatMap(([key, value]) => {
    if (!isSchema(value)) return [];
    const name = prefix === "" ? key : `${prefix}.${key}`;
    const description = String(value.description ?? "");
    return [{ name, type: typeOf(value), required: required.includes(key), description }, ...rowsOf(value, name)];
  });
}

function typeOf(given: Schema): string {
  const schema = withoutNull(given);
  if (Array.isArray(schema.enum)) return schema.enum.join(" | ");
  if ("const" in schema) return String(schema.const);
  const bounds = [
    rangeOf(schema.minimum, schema.maximum),
    rangeOf(undefined, schema.maxLength ?? schema.maxItems),
    "default" in schema ? `= ${schema.default}` : "",
  ];
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== "null") : schema.type;
  return [schema.format ?? type ?? "any", ...bounds].filter(Boolean).join(" ");
}

/** Bounds as people write them; what only bounds an integer type is left out. */
function rangeOf(least: unknown, most: unknown): string {
  const low = typeof least === "number" && least > Number.MIN_SAFE_INTEGER ? least : undefined;
  const high = typeof most === "number" && most < Number.MAX_SAFE_INTEGER ? most : undefined;
  if (low !== undefined && high !== undefined) return `${low} ≤ … ≤ ${high}`;
  if (high !== undefined) return `≤ ${high}`;
  return low === undefined ? "" : `≥ ${low}`;
}

/** The schema of a field that may also be null: what it is otherwise. */
function withoutNull(schema: Schema): Schema {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf)) return schema;
  return anyOf.filter(isSchema).find((choice) => choice.type !== "null") ?? schema;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, type, required, description }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${escaped(type)}</td><td>${required ? "✓" : ""}</td><td>${escaped(description)}</td></tr>`,
  );
  return `<table><tr><th>字段 | Field</th><th>类型 | Type</th><th>必填 | Required</th><th>说明 | Meaning</th></tr>${lines.join("")}</table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
