import { randomBytes } from "node:crypto";
import * as z from "zod";
import { docsPage } from "./docs-page.ts";
import type { Endpoint } from "./endpoint.ts";
import { jsonType } from "./envelope.ts";
import { type OpenApi, openApiOf } from "./openapi.ts";

/** `/docs` and `/docs/openapi.json`. The document is made when somebody first asks: starting should not pay for it. */
export function docsEndpoints(described: () => readonly Endpoint[], version: string): Endpoint[] {
  let made: OpenApi | undefined;
  const document = (): OpenApi => {
    made ??= openApiOf(described(), version);
    return made;
  };
  return [
    {
      method: "GET",
      path: "/docs",
      doc: docs.page,
      handle(_request, reply) {
        const nonce = randomBytes(16).toString("base64");
        reply
          .header("content-type", "text/html; charset=utf-8")
          .header(
            "content-security-policy",
            `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
          )
          .header("x-content-type-options", "nosniff")
          .header("referrer-policy", "no-referrer")
          .send(docsPage(document(), nonce));
      },
    },
    {
      method: "GET",
      path: "/docs/openapi.json",
      doc: docs.document,
      handle(_request, reply) {
        reply.header("content-type", jsonType).send(JSON.stringify(document()));
      },
    },
  ];
}

const docs = {
  page: {
    operationId: "docs",
    summary: "本页 | This page",
    answers: [{ status: 200, message: "HTML", bare: true, type: "text/html", data: z.string() }],
  },
  document: {
    operationId: "openapi",
    summary: "OpenAPI文档 | This document",
    answers: [{ status: 200, message: "OpenAPI 3.1", bare: true, data: z.looseObject({}) }],
  },
} satisfies Record<string, Endpoint["doc"]>;
