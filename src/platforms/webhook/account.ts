import * as z from "zod";
import { isStandardSecret } from "./standard.ts";

const secret = (description: string) =>
  z.string().min(1, "must not be empty").max(1024).meta({ secret: true, description });

const headerName = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be the name of a header, such as X-Hub-Signature-256");

const standard = z.strictObject({
  scheme: z.literal("standard"),
  secrets: z
    .array(
      z
        .string()
        .refine(isStandardSecret, "must be whsec_ followed by the base64 of 24 to 64 bytes, as the sender shows it")
        .meta({ secret: true, description: "A signing secret, whsec_…" }),
    )
    .min(1, "must hold at least one secret")
    .max(4, "must hold at most 4 secrets: the one in use and those being replaced")
    .meta({ description: "Any of them may have signed; more than one while a secret is being replaced." }),
});

const hmac = z.strictObject({
  scheme: z.literal("hmac"),
  secret: secret("The key of the HMAC, used as UTF-8."),
  old_secret: secret("The key that is being replaced; accepted as well.").optional(),
  header: headerName.meta({ description: "The header that holds the signature." }),
  algorithm: z.enum(["sha256", "sha1", "sha512"]).default("sha256").meta({ description: "The hash of the HMAC." }),
  encoding: z.enum(["hex", "base64"]).default("hex").meta({ description: "How the signature is written." }),
  prefix: z.string().max(50).default("").meta({ description: "What stands before it: sha256= at GitHub." }),
});

const basic = z.strictObject({
  scheme: z.literal("basic"),
  user: z
    .string()
    .max(256)
    .regex(/^[^:\p{Cc}]*$/u, "must have no colon: RFC 7617 ends the name there")
    .meta({ description: "The user of HTTP Basic authentication." }),
  password: secret("Its password."),
});

const key = z
  .strictObject({
    scheme: z.literal("key"),
    key: secret("What the caller must know."),
    old_key: secret("The key that is being replaced; accepted as well.").optional(),
    in: z
      .enum(["bearer", "header", "query"])
      .default("bearer")
      .meta({ description: "bearer: Authorization: Bearer …; header and query: under the name below." }),
    name: headerName.optional().meta({ description: "The header or the query parameter; not for bearer." }),
  })
  .refine((rule) => (rule.in === "bearer") === (rule.name === undefined), {
    path: ["name"],
    error: "must name the header or the query parameter when `in` is header or query, and be absent for bearer",
  });

const path = z
  .string()
  .min(1, "must be a path such as alert.labels.0.name")
  .max(256)
  .refine((text) => text.split(".").length <= 16, "must have at most 16 steps");

const paths = (description: string) =>
  z
    .array(path)
    .max(8)
    .default([])
    .meta({ description: `${description} Dotted paths into the JSON; the first that holds a text or number counts.` });

/** One place that calls: how it proves who it is, and where its JSON says what. */
export const webhookAccount = z.strictObject({
  verify: z.discriminatedUnion("scheme", [standard, hmac, basic, key]).meta({
    description: "How the caller proves who it is. There is no way to accept anybody.",
  }),
  mapping: z
    .strictObject({
      title: paths("The title."),
      body: paths("The body."),
      level: paths("How urgent it is, in the sender's word."),
      id: paths("What is the same when the call is repeated."),
    })
    .prefault({})
    .meta({ description: "Where the JSON says what." }),
});

export type WebhookAccount = z.infer<typeof webhookAccount>;
export type Verification = WebhookAccount["verify"];
export type Mapping = WebhookAccount["mapping"];
