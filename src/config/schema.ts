import * as z from "zod";
import { duration } from "./duration.ts";
import { egress } from "./egress-schema.ts";
import { media } from "./media-schema.ts";

/**
 * The sections whose keys do not depend on the platforms, as the file writes them; parsed, keys say their
 * unit. Descriptions become the reference in docs/, in both languages.
 */
const server = z
  .strictObject({
    port: whole(0, 65_535, 8080, "Port to listen on; 0 takes any free one.", "监听端口；0 表示任选空闲端口。"),
    host: z.string().min(1).max(255).default("127.0.0.1").meta({
      description: "Address to listen on. Any other than a loopback address needs `auth.keys`.",
      zh: "监听地址。非回环地址必须设置 `auth.keys`。",
    }),
    mode: z.enum(["debug", "release", "test"]).default("release").meta({
      description:
        "Known from PushServer's files and still accepted; nothing depends on it. `log.level` says how much is logged.",
      zh: "兼容 PushServer 的配置文件，不影响任何行为；日志详略由 `log.level` 决定。",
    }),
    trust_proxy: z
      .union([z.boolean(), z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])).max(64)])
      .default(false)
      .meta({
        expected: 'true, false, or a list of IP addresses and ranges such as ["10.0.0.0/8"]',
        description:
          "Whose `X-Forwarded-*` headers are believed: `true` for anyone, or a list of addresses and ranges.",
        zh: "信任谁发来的 `X-Forwarded-*` 头：`true` 为全部，或 IP 与网段列表。",
      }),
    shutdown_timeout: duration({
      unit: "s",
      default: 10,
      min: 0,
      max: 600,
      description: "How long stopping waits for what is in flight; the rest goes out after the next start.",
      zh: "停止时等待在途投递的时长；其余的在下次启动后继续。",
    }),
    body_limit: whole(
      1_024,
      67_108_864,
      1_048_576,
      "Largest request body of the API in bytes. A platform's callback may always have 1 MiB.",
      "API 请求体上限（字节）。平台回调固定为 1 MiB。",
    ),
    request_timeout: duration({
      unit: "s",
      default: 30,
      min: 1,
      max: 600,
      description: "How long a client may take to send its request.",
      zh: "客户端发送完整请求的时限。",
    }),
  })
  .transform((section) => ({
    host: section.host,
    port: section.port,
    mode: section.mode,
    trustProxy: section.trust_proxy,
    shutdownTimeoutMs: section.shutdown_timeout,
    bodyLimitBytes: section.body_limit,
    requestTimeoutMs: section.request_timeout,
  }));

const auth = z.strictObject({
  keys: z
    .array(
      z
        .string()
        .regex(/^[\x21-\x7e]{1,512}$/)
        .meta({ expected: "1 to 512 characters of ASCII without spaces" }),
    )
    .max(1_000)
    .default([])
    .transform((keys) => [...new Set(keys)])
    .meta({
      description: "Keys that clients send as `Authorization: Bearer …`. `YIZHAN_API_KEY` adds one.",
      zh: "客户端以 `Authorization: Bearer …` 携带的密钥。环境变量 `YIZHAN_API_KEY` 会追加一个。",
      secret: true,
    }),
});

const log = z
  .strictObject({
    level: z.enum(["debug", "info", "warn", "error"]).default("info").meta({
      description: "The least important level that is logged.",
      zh: "日志级别。",
    }),
    format: z.enum(["json", "text"]).default("text").meta({
      description: "One JSON object a line, or a line for people.",
      zh: "每行一个 JSON 对象，或便于阅读的文本。",
    }),
    output: z.enum(["stdout", "file"]).default("stdout").meta({
      description: "Standard output, or files that rotate by size.",
      zh: "标准输出，或按大小轮转的文件。",
    }),
    file_path: z.string().min(1).max(4_096).default("log/app.log").meta({
      description:
        "File with everything; `error.log`, `warn.log`, `info.log` and `debug.log` beside it hold one level each.",
      zh: "完整日志文件；同目录的 `error.log`、`warn.log`、`info.log`、`debug.log` 各存一个级别。",
    }),
    max_size_mb: z.number().min(0.001).max(10_240).default(100).meta({
      description: "Size in MiB at which a file is rotated.",
      zh: "单个文件轮转的大小（MiB）。",
    }),
    max_files: whole(
      1,
      1_000,
      10,
      "Files kept of each kind, the current one included.",
      "每种日志保留的文件数（含当前文件）。",
    ),
  })
  .transform((section) => ({
    level: section.level,
    format: section.format,
    output: section.output,
    filePath: section.file_path,
    maxBytes: Math.round(section.max_size_mb * 1_048_576),
    maxFiles: section.max_files,
  }));

const queue = z
  .strictObject({
    worker_count: whole(1, 65_536, 512, "Channels that are sent to at the same time.", "同时投递的渠道数。"),
    buffer_size: whole(
      1,
      100_000_000,
      1_000_000,
      "Deliveries that may wait before pushes are answered with 429.",
      "等待投递的上限，超过后推送返回 429。",
    ),
    timeout: duration({
      unit: "s",
      default: 10,
      min: 0.1,
      max: 600,
      description: "How long one request to a platform may take.",
      zh: "单次请求平台的超时。",
    }),
    max_concurrent_per_platform: whole(
      1,
      65_536,
      256,
      "Requests to one platform at the same time.",
      "单个平台的并发请求数。",
    ),
    batch_size: whole(
      1,
      10_000,
      100,
      "Deliveries that a channel reads from the store at once.",
      "单个渠道一次从存储读取的投递数。",
    ),
    retry: z
      .strictObject({
        attempts: whole(1, 100, 6, "Attempts in all, the first included.", "总尝试次数（含首次）。"),
        initial_delay: duration({
          unit: "s",
          default: 5,
          min: 0.001,
          max: 86_400,
          description: "Wait after the first failure; doubles with each.",
          zh: "首次失败后的等待，之后每次加倍。",
        }),
        max_delay: duration({
          unit: "s",
          default: 300,
          min: 0.001,
          max: 86_400,
          description: "Longest wait between attempts.",
          zh: "两次尝试之间的最长等待。",
        }),
        jitter: z.number().min(0).max(1).default(0.2).meta({
          description: "Share of the wait that is random, so that retries do not come all at once.",
          zh: "等待中随机部分的比例，避免重试同时到来。",
        }),
      })
      .prefault({})
      .refine((retry) => retry.initial_delay <= retry.max_delay, {
        path: ["initial_delay"],
        message: "expected at most max_delay",
      }),
    breaker: z
      .strictObject({
        failures: whole(1, 1_000, 5, "Failures in a row after which a channel rests.", "连续失败多少次后暂停该渠道。"),
        cooldown: duration({
          unit: "s",
          default: 30,
          min: 0.001,
          max: 86_400,
          description: "How long it rests before one delivery probes it.",
          zh: "暂停多久后用一条投递探测。",
        }),
      })
      .prefault({}),
  })
  .transform((section) => ({
    workers: section.worker_count,
    bufferSize: section.buffer_size,
    timeoutMs: section.timeout,
    maxConcurrentPerPlatform: section.max_concurrent_per_platform,
    batchSize: section.batch_size,
    retry: {
      attempts: section.retry.attempts,
      initialDelayMs: section.retry.initial_delay,
      maxDelayMs: section.retry.max_delay,
      jitter: section.retry.jitter,
    },
    breaker: { failures: section.breaker.failures, cooldownMs: section.breaker.cooldown },
  }));

const store = z
  .strictObject({
    directory: z.string().min(1).max(4_096).default("data").meta({
      description: "Folder of the store, from the working directory. One process a folder.",
      zh: "存储目录（相对工作目录）。一个目录只能由一个进程使用。",
    }),
    retention_days: whole(
      1,
      36_500,
      30,
      "Days that settled tasks and read notifications are kept.",
      "已完结任务与已读通知保留的天数。",
    ),
  })
  .transform((section) => ({ directory: section.directory, retentionDays: section.retention_days }));

const sandbox = z
  .strictObject({
    enabled: z.boolean().default(false).meta({
      description: "Starts stand-ins of the platforms' servers on loopback, for trying the hub without accounts.",
      zh: "在回环地址启动各平台的模拟服务，无需账号即可试用。",
    }),
    port: whole(0, 65_535, 0, "HTTP port of the sandbox; 0 takes any free one.", "沙箱 HTTP 端口；0 表示任选。"),
    smtp_port: whole(0, 65_535, 0, "SMTP port of the sandbox; 0 takes any free one.", "沙箱 SMTP 端口；0 表示任选。"),
  })
  .transform((section) => ({ enabled: section.enabled, port: section.port, smtpPort: section.smtp_port }));

/** The same as the room of subscriptions has by itself, in words; a test holds the two together. */
const standardDelays = ["5s", "5m", "30m", "2h", "5h", "9.5h", "35695s"];

const subscriptions = z
  .strictObject({
    allow_private: z.boolean().default(false).meta({
      description: "May subscriptions reach loopback, private and link-local addresses?",
      zh: "订阅是否可以指向回环、私有与链路本地地址。",
    }),
    retry_delays: z
      .array(
        duration({
          unit: "s",
          default: 5,
          min: 0.001,
          max: 604_800,
          description: "The pause before one further attempt.",
          zh: "再次尝试前的等待。",
        }),
      )
      .max(50)
      .prefault([...standardDelays])
      .meta({
        description:
          "The pause before each further attempt at an Event, up to a tenth longer at random. After the last one it is a dead letter; `[]` tries once. The default reaches 27 hours.",
        zh: "每次重试前的等待，随机延长至多十分之一；用尽后成为死信，`[]` 表示只尝试一次。默认共 27 小时。",
      }),
  })
  .transform((section) => ({ allowPrivate: section.allow_private, retryDelaysMs: section.retry_delays }));

export const sections = { server, auth, log, queue, store, media, subscriptions, egress, sandbox } as const;

export type SectionName = keyof typeof sections;

/** The sections as the program reads them. */
export type Sections = { readonly [Name in SectionName]: Readonly<z.output<(typeof sections)[Name]>> };

export type LogSettings = Sections["log"];

function whole(min: number, max: number, standard: number, description: string, zh: string) {
  return z.int().min(min).max(max).default(standard).meta({ description, zh });
}
