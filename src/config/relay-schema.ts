import * as z from "zod";
import { eventTypes } from "../model/event.ts";
import { accountName } from "./account-schema.ts";
import { duration } from "./duration.ts";

/** Segments of what RFC 3986 §3.3 lets a path hold, none of them `.` or `..`; no slash at its end. */
const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+$/;

const path = z
  .string()
  .max(256)
  .regex(plainPath)
  .meta({ expected: 'a path such as "/wework-callback", without a slash at its end' });

/** Also what a relay and a receiver may choose their target by. */
const target = z.strictObject({
  url: z
    .string()
    .max(2_048)
    .refine(isTargetUrl)
    .meta({ expected: "an http(s) address without user, query and fragment, such as http://10.0.0.5:8080" })
    .optional()
    .meta({
      description: "Address of a server that the hub can reach; a path of its own comes before what was asked for.",
      zh: "本服务能访问到的服务器地址；自带的路径会放在请求路径之前。",
    }),
  tunnel: accountName.optional().meta({
    description: "In place of `url`: the agents that connect to this one of `tunnels`.",
    zh: "代替 `url`：连接到 `tunnels` 中这一项的代理程序。",
  }),
  weight: whole(1, 1_000, 1, "Its share of the requests, against the other targets'.", "相对其他目标分到的请求份额。"),
});

const pool = {
  targets: z.array(target).max(64).default([]).meta({
    description: "Where requests go. An entry that is only an address may be written as text.",
    zh: "请求转发到哪里；只有地址的条目可以直接写成文本。",
  }),
  balance: z.enum(["round-robin", "least-busy", "sticky"]).default("round-robin").meta({
    description: "How one of several targets is chosen: in turn, the least busy one, or by the header `sticky_by`.",
    zh: "多个目标时如何选择：轮流、最闲的一个，或按请求头 `sticky_by`。",
  }),
  sticky_by: z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/)
    .meta({ expected: "a header's name" })
    .optional()
    .meta({
      description: "Requests with the same value of this header go to the same target. Needed by `balance: sticky`.",
      zh: "该请求头的值相同的请求去往同一目标；`balance: sticky` 时必填。",
    }),
  idempotent: z.boolean().default(false).meta({
    description:
      "`true` when the targets recognise repeats: then any request may be tried again on another target, not only those that are safe to repeat.",
    zh: "目标能识别重复请求时为 `true`：任何请求失败后都可以换一个目标再试；否则只重试可以安全重复的请求。",
  }),
  health: z
    .strictObject({
      path: path.meta({
        description: "Asked for with GET; 2xx and 3xx are good.",
        zh: "以 GET 询问的路径，2xx 与 3xx 为正常。",
      }),
      every: span("s", 5, 0.1, 3_600, "Pause between two questions.", "两次询问的间隔。"),
      timeout: span("s", 2, 0.05, 60, "How long one answer may take.", "单次应答的时限。"),
      up: whole(1, 100, 2, "Good answers in a row that bring a target back.", "连续多少次正常后恢复使用。"),
      down: whole(1, 100, 3, "Bad answers in a row that take it out.", "连续多少次异常后停用。"),
    })
    .optional(),
  passive_health: z
    .strictObject({
      failures: whole(
        1,
        1_000,
        3,
        "Failures within `window` that take a target out: no connection, no answer in time, 502, 503 and 504.",
        "`window` 内多少次失败后停用：连接失败、超时、502、503、504。",
      ),
      window: span("s", 10, 0.1, 3_600, "How long a failure counts.", "失败计入的时段。"),
      eject: span(
        "s",
        10,
        0.1,
        3_600,
        "How long it is out the first time; twice as long each time after.",
        "首次停用的时长，之后每次加倍。",
      ),
      max_eject: span("s", 60, 0.1, 86_400, "The longest it is out.", "停用的最长时长。"),
    })
    .prefault({}),
  pending_per_target: whole(
    1,
    1_000_000,
    4_096,
    "Requests under way to one target; more get 503.",
    "单个目标上进行中的请求数，超过后返回 503。",
  ),
};

const receiver = z.strictObject({
  name: accountName.meta({ description: "Its name in the API and the log.", zh: "在接口与日志中的名称。" }),
  ...pool,
  path: path.optional().meta({
    description: "Path below the target's own that is called. What was called below the relay's, when absent.",
    zh: "调用目标的哪个路径；缺省与回调在本转发路径之下的部分相同。",
  }),
  types: z.array(z.enum(eventTypes)).max(64).default([]).meta({
    description: "Event types that it wants; all when empty.",
    zh: "需要的事件类型，空为全部。",
  }),
  seal: z.record(z.string(), z.unknown()).optional().meta({
    description:
      "The system's own keys, named as the platform's account names them: callbacks are signed and encrypted anew with these. As they came, when absent.",
    zh: "该系统自己的密钥，键名与平台账号相同：回调会用它们重新签名加密；缺省为原样转发。",
    secret: true,
  }),
  answers: z.boolean().default(false).meta({
    description: "`true` for the one whose answer the platform gets, if it comes in time.",
    zh: "由它的应答回复平台（须在平台时限内）；至多一个。",
  }),
});

/** One entry of `relays`. */
export const relaySchema = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description: "`false` leaves the relay out; it may then be unfinished.",
    zh: "`false` 表示不使用该转发，此时内容可以不完整。",
  }),
  path: path.meta({
    description: "Where it is open: this path and everything below it, which is passed on without it.",
    zh: "开放的路径：该路径及其下的一切，转发时去掉该前缀。",
  }),
  mode: z.enum(["transparent", "durable"]).default("transparent").meta({
    description:
      "`transparent` passes each request on and its answer back. `durable` verifies and stores a callback, answers it, and delivers it to every receiver until that takes it.",
    zh: "`transparent` 转发请求并返回应答；`durable` 验签并保存回调，立即应答，再反复投递给每个接收方直到被接收。",
  }),
  account: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}$/)
    .meta({ expected: 'a platform and an account\'s name, such as "wecom/default"' })
    .optional()
    .meta({
      description: "Whose callbacks they are, as `platform/name`. Needed by `mode: durable`.",
      zh: "回调属于哪个账号，写作 `平台/名称`；`mode: durable` 必填。",
    }),
  methods: z
    .array(
      z
        .string()
        .regex(/^[A-Z]{1,32}$/)
        .refine((name) => name !== "CONNECT" && name !== "TRACE")
        .meta({ expected: "a method in capitals other than CONNECT and TRACE" }),
    )
    .min(1)
    .max(32)
    .default(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    .meta({ description: "Methods that are passed on; others get 405.", zh: "转发的请求方法，其余返回 405。" }),
  allow: z.array(path).max(256).default([]).meta({
    description: "Paths below `path` that are open, each with what is below it; everything when empty.",
    zh: "`path` 之下开放的路径（含其下的一切），空为全部。",
  }),
  ...pool,
  receivers: z.array(receiver).max(64).default([]).meta({
    description:
      "The systems that share the account's callbacks. One that wants all of them may be written as `targets`.",
    zh: "共用该账号回调的系统；只有一个且需要全部回调时可以直接写 `targets`。",
  }),
  refusals: whole(
    1,
    1_000,
    10,
    "How often a receiver may refuse a callback (4xx but 408, 425 and 429) before it is set aside and those behind it pass. It can be replayed.",
    "接收方拒绝同一回调（408、425、429 以外的 4xx）多少次后搁置，让其后的回调先行；搁置的可以重放。",
  ),
  keep_host: z.boolean().default(false).meta({
    description: "`true` passes `Host` on as it came, `false` says the target's own.",
    zh: "`true` 保留原 `Host`，`false` 改为目标自己的。",
  }),
  timeouts: z
    .strictObject({
      connect: span("s", 5, 0.05, 600, "How long connecting to a target may take.", "连接目标的时限。"),
      answer: span(
        "s",
        30,
        0.05,
        3_600,
        "How long a target may take to begin its answer; then the caller gets 504.",
        "目标开始应答的时限，超过后返回 504。",
      ),
      idle: span("s", 30, 0.05, 3_600, "Longest pause within a body, either way.", "请求体或应答体中断的最长时间。"),
    })
    .prefault({}),
  body_limit: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({
    description: "Largest request body in bytes; more gets 413. No limit when absent, as nothing is kept in memory.",
    zh: "请求体上限（字节），超过返回 413；缺省不限，因为不在内存中保存。",
  }),
  header_lines: whole(1, 1_000, 100, "Header lines of a request; more get 431.", "请求头的行数上限，超过返回 431。"),
});

export type WrittenRelay = z.output<typeof relaySchema>;
export type WrittenPool = Pick<WrittenRelay, keyof typeof pool>;
export type WrittenTarget = z.output<typeof target>;
export type WrittenReceiver = z.output<typeof receiver>;

/** One entry of `tunnels`. */
export const tunnelSchema = z.strictObject({
  keys: z
    .array(
      z
        .string()
        .regex(/^[\x21-\x7e]{16,512}$/)
        .meta({ expected: "16 to 512 characters of ASCII without spaces" }),
    )
    .min(1)
    .max(100)
    .meta({
      description: "Keys that agents connect with. Taking one away ends the connections that were made with it.",
      zh: "代理程序连接时使用的密钥；删除后，用它建立的连接随即断开。",
      secret: true,
    }),
});

function isTargetUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text) || /[\s\\?#]/.test(text)) return false;
  return url.username === "" && url.password === "";
}

function whole(min: number, max: number, standard: number, description: string, zh: string) {
  return z.int().min(min).max(max).default(standard).meta({ description, zh });
}

function span(unit: "s", standard: number, min: number, max: number, description: string, zh: string) {
  return duration({ unit, default: standard, min, max, description, zh });
}
