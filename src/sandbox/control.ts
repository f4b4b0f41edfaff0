import * as z from "zod";
import { apiRoutes } from "./control-apis.ts";
import { callbackRoutes } from "./control-callbacks.ts";
import { bodyOf, problemsOf, type Route, wrong } from "./control-route.ts";
import { streamRoutes } from "./control-streams.ts";
import { faultModes } from "./faults.ts";
import { type Pace, publishedPace } from "./rate.ts";
import type { Robot } from "./robots.ts";
import { type Call, json, type Reply, type RobotPlatform, sandboxPlatforms } from "./stand-in.ts";
import { type SandboxState, statisticsOf } from "./state.ts";

/** Answers one request below `/sandbox/`. Errors: `{ error, problems: [{ field, problem }] }`. */
export async function answerControl(state: SandboxState, call: Call): Promise<Reply> {
  const segments = call.path.split("/").slice(2);
  const route = routes.find(
    ({ path }) => path.length === segments.length && path.every((part, index) => fits(part, segments[index])),
  );
  if (!route)
    return wrong(
      404,
      `there is no ${call.path}; there are ${routes.map(({ path }) => `/sandbox/${path.join("/")}`).join(", ")}`,
    );
  const handler = route.methods[call.method];
  if (!handler) {
    const allow = Object.keys(route.methods).join(", ");
    return { ...wrong(405, `${call.method} is not possible here; use ${allow}`), headers: { allow } };
  }
  try {
    return await handler(state, call, segments.map(decodeURIComponent));
  } catch (cause) {
    if (cause instanceof z.ZodError) return wrong(400, "the request is not valid", problemsOf(cause));
    if (cause instanceof RangeError) return wrong(400, cause.message);
    if (cause instanceof URIError) return wrong(400, "the path is not percent-encoded UTF-8");
    throw cause;
  }
}

const robotPlatforms = ["feishu", "dingtalk", "wecom"] as const satisfies readonly RobotPlatform[];
const platform = z.enum(sandboxPlatforms);
const robotPlatform = z.enum(robotPlatforms);
const token = z.string().min(1).max(256);
const factor = z.number().positive().max(1_000_000);

const messagesQuery = z.strictObject({
  platform: platform.optional(),
  token: token.optional(),
  since: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});

const robotBody = z.strictObject({
  secret: z.string().min(1).max(256).optional(),
  keywords: z.array(z.string().min(1).max(256)).max(10).optional(),
  ips: z.array(z.string().max(64)).max(10).optional(),
  limits: z
    .array(
      z.strictObject({
        messages: z.number().int().min(1).max(100_000),
        perMs: z.number().positive(),
        blockMs: z.number().positive().optional(),
      }),
    )
    .max(5)
    .optional(),
  disabled: z.boolean().optional(),
});

const limitsBody = z.strictObject({
  platform: robotPlatform.optional(),
  enabled: z.boolean().default(publishedPace.enabled),
  messageFactor: factor.default(publishedPace.messageFactor),
  timeFactor: factor.default(publishedPace.timeFactor),
});

const faultBody = z
  .strictObject({
    mode: z.enum(faultModes),
    platform: platform.optional(),
    token: token.optional(),
    times: z.number().int().min(1).optional(),
    code: z
      .union([z.string(), z.number()])
      .transform(String)
      .refine((code) => /^-?\d{1,9}$/.test(code), "expected a whole number, such as 19021 or 451")
      .optional(),
    message: z.string().max(1_000).optional(),
    status: z.number().int().min(200).max(599).optional(),
    retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
    delayMs: z.number().int().min(0).max(3_600_000).optional(),
    beforeAccepting: z.boolean().optional(),
    stage: z.enum(["rcpt", "data"]).optional(),
  })
  .superRefine((fault, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    const { mode } = fault;
    for (const [field, modes] of Object.entries(fieldsOfModes)) {
      const value = fault[field as keyof typeof fault];
      if (value !== undefined && !modes.includes(mode))
        refuse(field, `only with mode ${modes.join(" or ")}, not ${mode}`);
    }
    if (fault.stage !== undefined && fault.platform !== "email") refuse("stage", "only with platform email");
    if (fault.platform === "email" && fault.code !== undefined && !/^[45]\d\d$/.test(fault.code)) {
      refuse("code", "an SMTP reply code of 400 to 599, such as 451");
    }
  });

/** Settings that say nothing in the other modes; a fault that silently does less than it says would mislead a test. */
const fieldsOfModes = {
  code: ["fail"],
  message: ["fail"],
  status: ["fail", "throttle"],
  retryAfterSeconds: ["fail", "throttle"],
  delayMs: ["stall"],
} as const satisfies Record<string, readonly (typeof faultModes)[number][]> as Record<string, readonly string[]>;

const routes: readonly Route[] = [
  {
    path: ["messages"],
    methods: {
      GET({ inbox }, { query }) {
        const messages = inbox.list(messagesQuery.parse(Object.fromEntries(query)));
        return json(200, { messages, last: inbox.last, kept: inbox.kept, fellOut: inbox.fellOut });
      },
      DELETE({ inbox }) {
        inbox.clear();
        return json(200, { last: inbox.last });
      },
    },
  },
  {
    path: ["robots"],
    methods: { GET: ({ robots }) => json(200, { robots: [...robots.all()].map(shown) }) },
  },
  {
    path: ["robots", "{platform}", "{token}"],
    methods: {
      PUT({ robots }, call, [, name, id]) {
        const settings = robotBody.parse(bodyOf(call));
        return json(200, { robot: shown(robots.declare(platformIn(name), token.parse(id), settings)) });
      },
      DELETE({ robots }, _call, [, name, id = ""]) {
        return robots.forget(platformIn(name), id) ? json(200, {}) : wrong(404, `no robot ${name}/${id} was declared`);
      },
    },
  },
  {
    path: ["limits"],
    methods: {
      GET: ({ robots }) => json(200, { limits: limitsOf(robots.paceOf.bind(robots)) }),
      PUT({ robots }, call) {
        const { platform: only, ...pace } = limitsBody.parse(bodyOf(call));
        robots.pace(only, pace);
        return json(200, { limits: limitsOf(robots.paceOf.bind(robots)) });
      },
    },
  },
  {
    path: ["faults"],
    methods: {
      GET: ({ faults }) => json(200, { faults: faults.list() }),
      POST: ({ faults }, call) => json(201, { fault: faults.add(faultBody.parse(bodyOf(call))) }),
      DELETE({ faults }) {
        faults.clear();
        return json(200, {});
      },
    },
  },
  {
    path: ["faults", "{id}"],
    methods: {
      DELETE({ faults }, _call, [, id]) {
        return faults.clear(Number(id)) ? json(200, {}) : wrong(404, `there is no fault ${id}`);
      },
    },
  },
  {
    path: ["statistics"],
    methods: { GET: (state) => json(200, statisticsOf(state)) },
  },
  ...callbackRoutes,
  ...apiRoutes,
  ...streamRoutes,
];

function fits(part: string, segment: string | undefined): boolean {
  return part.startsWith("{") ? segment !== undefined && segment !== "" : part === segment;
}

function platformIn(segment: string | undefined): RobotPlatform {
  const parsed = robotPlatform.safeParse(segment);
  if (!parsed.success) throw new RangeError(`"${segment}" has no robots; expected one of ${robotPlatforms.join(", ")}`);
  return parsed.data;
}

function shown({ platform: name, token: id, declared, settings }: Robot): object {
  return { platform: name, token: id, declared, ...settings };
}

function limitsOf(paceOf: (name: RobotPlatform) => Pace): Record<string, Pace> {
  return Object.fromEntries(robotPlatforms.map((name) => [name, paceOf(name)]));
}
