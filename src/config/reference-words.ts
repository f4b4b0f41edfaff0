import type { SectionName } from "./schema.ts";

export type Language = "en" | "zh";

interface Words {
  readonly introduction: string;
  readonly sections: Readonly<Record<SectionName, string>>;
  readonly recipients: string;
  readonly entries: string;
  readonly system: string;
  readonly accounts: string;
  readonly deployed: string;
  readonly replies: string;
  readonly relays: string;
  readonly tunnels: string;
  readonly platform: (names: string, listKey: string) => string;
  readonly account: (id: string) => string;
  readonly head: readonly string[];
  readonly required: string;
  readonly secret: string;
  readonly or: string;
  readonly types: {
    readonly number: string;
    readonly string: string;
    readonly boolean: string;
    readonly array: string;
    readonly object: string;
    readonly duration: (unit: string) => string;
  };
}

/** What the reference says around its tables. */
export const words: Readonly<Record<Language, Words>> = {
  en: {
    introduction: `# Configuration

<!-- Made by scripts/generate-docs.ts from the schemas in src/config and src/platforms. -->

One YAML file, given with \`--config\`; every key has a default but those marked *required*. \`yizhan check FILE\`
names every problem of a file with its line. After a change, send SIGHUP or \`POST /api/v1/reload\`: a file with a
problem changes nothing. A file of PushServer works as it is, and so does a \`config/notification.yaml\` with \`service\`,
\`webhook\` and \`channels\`. Without a file the hub is what the environment describes (see [accounts](#accounts)), or a
demonstration against its own sandbox when it describes nothing.

**Placeholders.** \`\${NAME}\` is the environment variable of that name, \`\${NAME:-default}\` has a default for one that
is unset or empty, \`$$\` is a plain \`$\`. Variables are also read from \`.env\` beside the file, or else from the one in
the working directory; a variable that is really set wins. An unquoted value that is one placeholder may be a number
or a boolean.

**Durations** are a number in the key's unit or text such as \`500ms\`, \`10s\`, \`5m\`, \`1h\`, \`1d\`.

**Environment.** \`YIZHAN_HOST\`, \`YIZHAN_PORT\` and \`YIZHAN_DATA\` (the store's folder) win over the file, and
\`YIZHAN_API_KEY\` adds a key to \`auth.keys\`. The command line's \`--host\`, \`--port\` and \`--data\` win over both.

**Limits.** A file has at most 4 MiB, 32 levels, and 100,000 values by way of aliases; a key appears once.`,
    sections: {
      server: "The HTTP server.",
      auth: "Who may use the API. Needed on every address but loopback ones (127.0.0.0/8, ::1, localhost).",
      log: "What the hub says about its own work.",
      queue: "How deliveries are sent, retried and held back.",
      store: "Where everything accepted is kept.",
      media: "Files of received messages, fetched from the platforms.",
      subscriptions: "Programs that are told of events over HTTP.",
      egress: "The door outward: other systems reach the platforms' APIs from the hub's address.",
      sandbox: "Stand-ins of the platforms.",
    },
    recipients: `Each key is an alias that clients push to: 1 to 128 characters without control characters. Platforms are
tried in the order they are written in.

\`\`\`yaml
recipients:
  ops_alert:
    name: Operations
    platforms:
      feishu:
        webhooks:
          - url: \${FEISHU_URL}
            secret: \${FEISHU_SECRET}
\`\`\``,
    entries: "Every entry of a platform's list may have these keys beside the platform's own:",
    system: `The global last resort: \`notifications\` is a list of the same entries as that of the system platform. They
ring after a recipient's own notifications; a place that is in both rings once.`,
    accounts: `Who may call the hub. Each key is a name: 1 to 64 of \`a-z\`, \`0-9\`, \`.\`, \`_\`, \`-\`. The platform's admin page wants the
account's address: \`/callbacks/default/{platform}/{name}\`, behind an address that the platform can reach. A mailbox
(\`platform: email\`) is asked by the hub, and has none.

\`\`\`yaml
accounts:
  office:
    platform: wecom
    corp_id: \${WECHAT_CORP_ID}
    token: \${WECHAT_TOKEN}
    encoding_aes_key: \${WECHAT_ENCODING_AES_KEY}
\`\`\`

Every account may have these keys beside its platform's own:`,
    deployed: `### Accounts from the environment

Variables that describe an account need no file. An account of the file with the same platform and name wins.

| Account | Variables |
| --- | --- |
| \`wecom\` \`default\` | \`WECHAT_CORP_ID\`, \`WECHAT_TOKEN\`, \`WECHAT_ENCODING_AES_KEY\` (without it: \`mode: plain\`), \`WECHAT_AGENT_ID\`, \`WECHAT_SECRET\` or \`WECHAT_CORP_SECRET\`, \`WECHAT_BASE_URL\` |
| \`wecom\` \`bot\` | \`WECHAT_BOT_WEBHOOK_URL\`, \`WECHAT_BOT_SECRET\`: a recipient \`wechat_bot\` to push to. With \`WECHAT_BOT_TOKEN\` and \`WECHAT_BOT_ENCODING_AES_KEY\`, or else the app's, also an account that may call |
| \`feishu\` \`default\` | \`APP_ID\`, \`VERIFICATION_TOKEN\`, \`APP_SECRET\`, \`ENCRYPT_KEY\`, \`LARK_HOST\` |`,
    replies: `Programs that people are replied to by, in the answer to the platform's own call: a list, asked in this order until
one has something to say. Code does the same with \`hub.reply\`. What can be replied to, with what and how soon:
[replies](replies.md). A reload takes changes over.

\`\`\`yaml
replies:
  - account: wecom/office
    types: [yizhan.message.received]
    url: https://assistant.example.com/reply
    secret: \${REPLY_SECRET}
\`\`\``,
    relays: `Public paths whose requests go to servers in the intranet. Each key is a name: 1 to 64 of \`a-z\`, \`0-9\`, \`.\`, \`_\`, \`-\`.
\`yizhan relay\` serves the same without the rest of the hub.

\`\`\`yaml
relays:
  wework:
    path: /wework-callback
    targets: [http://10.0.0.5:8080, { url: http://10.0.0.6:8080, weight: 2 }]
  shared:
    path: /shared
    mode: durable
    account: wecom/office
    receivers:
      - { name: crm, targets: [http://crm.internal/wecom], answers: true }
      - { name: oa, targets: [{ tunnel: branch }], types: [yizhan.message.received] }
\`\`\`

**Environment.** \`TARGET_SERVER_URL\` is the relay \`wework\` at \`/wework-callback\`, unless the file has one of that name or at
that path. Beside it \`FLASK_RUN_PORT\` is \`server.port\` and \`FLASK_DEBUG=true\` is \`log.level: debug\`, where nothing else says
them.`,
    tunnels: `Ways into networks that cannot be reached from outside: \`yizhan connect\` runs inside, and connects to
\`/tunnels/{name}\`.

\`\`\`yaml
tunnels:
  branch:
    keys: [\${BRANCH_KEY}]
\`\`\``,
    platform: (names, listKey) => `Key ${names}; a list \`${listKey}\` of:`,
    account: (id) => `Needs the top-level section \`${id}\`:`,
    head: ["Key", "Type", "Default", "Meaning"],
    required: "*required*",
    secret: "**Secret.** ",
    or: " or ",
    types: {
      number: "number",
      string: "text",
      boolean: "`true` `false`",
      array: "list",
      object: "keys and values",
      duration: (unit) => `duration (${unit})`,
    },
  },
  zh: {
    introduction: `# 配置

<!-- 由 scripts/generate-docs.ts 根据 src/config 与 src/platforms 中的 schema 生成。 -->

配置是一个 YAML 文件，用 \`--config\` 指定；除标为*必填*的键外都有默认值。\`yizhan check FILE\` 一次列出文件的全部问题及行号。
修改后发送 SIGHUP 或 \`POST /api/v1/reload\` 生效；有问题的文件不会改变任何东西。PushServer 的配置文件可直接使用，含
\`service\`、\`webhook\`、\`channels\` 的 \`config/notification.yaml\` 也可直接使用。不指定文件时按环境变量中的账号运行（见
[accounts](#accounts)）；环境变量中没有账号时，以内置演示配置连接自带的沙箱运行。

**占位符。** \`\${NAME}\` 取同名环境变量；\`\${NAME:-default}\` 在变量未设置或为空时用默认值；\`$$\` 表示一个 \`$\`。变量也会从配置文件
旁的 \`.env\` 读取（没有则读工作目录的 \`.env\`），真实环境变量优先。整个值是一个占位符且未加引号时，可以成为数字或布尔值。

**时长**可写成以该键单位计的数字，或 \`500ms\`、\`10s\`、\`5m\`、\`1h\`、\`1d\` 这样的文本。

**环境变量。** \`YIZHAN_HOST\`、\`YIZHAN_PORT\`、\`YIZHAN_DATA\`（存储目录）优先于文件，\`YIZHAN_API_KEY\` 向 \`auth.keys\` 追加一个密钥；
命令行的 \`--host\`、\`--port\`、\`--data\` 优先于两者。

**上限。** 文件最大 4 MiB、最多 32 层、经别名展开最多 100,000 个值；同一个键只能出现一次。`,
    sections: {
      server: "HTTP 服务。",
      auth: "谁可以使用 API。除回环地址（127.0.0.0/8、::1、localhost）外必须设置。",
      log: "运行日志。",
      queue: "投递如何发送、重试与限流。",
      store: "已接受的消息保存在哪里。",
      media: "从平台下载的消息附件。",
      subscriptions: "以 HTTP 接收事件的程序。",
      egress: "出口：其他系统以本服务的 IP 访问平台接口。",
      sandbox: "各平台的模拟服务。",
    },
    recipients: `每个键是客户端推送时使用的别名：1 到 128 个字符，不含控制字符。平台按书写顺序尝试。

\`\`\`yaml
recipients:
  ops_alert:
    name: 运维告警组
    platforms:
      feishu:
        webhooks:
          - url: \${FEISHU_URL}
            secret: \${FEISHU_SECRET}
\`\`\``,
    entries: "每个平台列表中的条目，除平台自己的键外都可以有：",
    system: `全局的最后防线：\`notifications\` 的条目与系统通知平台相同。先触发接收者自己的通知，再触发这里的；两处相同的只触发一次。`,
    accounts: `谁可以回调。每个键是账号名：1 到 64 个 \`a-z\`、\`0-9\`、\`.\`、\`_\`、\`-\`。在平台管理后台填写该账号的地址：
\`/callbacks/default/{平台}/{名称}\`，前面加上平台能访问到的域名。邮箱（\`platform: email\`）由本服务收取，
没有回调地址。

\`\`\`yaml
accounts:
  office:
    platform: wecom
    corp_id: \${WECHAT_CORP_ID}
    token: \${WECHAT_TOKEN}
    encoding_aes_key: \${WECHAT_ENCODING_AES_KEY}
\`\`\`

每个账号除平台自己的键外都可以有：`,
    deployed: `### 来自环境变量的账号

环境变量足以描述一个账号时不需要配置文件。配置文件中平台与名称都相同的账号优先。

| 账号 | 环境变量 |
| --- | --- |
| \`wecom\` \`default\` | \`WECHAT_CORP_ID\`、\`WECHAT_TOKEN\`、\`WECHAT_ENCODING_AES_KEY\`（没有则为 \`mode: plain\`）、\`WECHAT_AGENT_ID\`、\`WECHAT_SECRET\` 或 \`WECHAT_CORP_SECRET\`、\`WECHAT_BASE_URL\` |
| \`wecom\` \`bot\` | \`WECHAT_BOT_WEBHOOK_URL\`、\`WECHAT_BOT_SECRET\`：可推送的接收者 \`wechat_bot\`。另有 \`WECHAT_BOT_TOKEN\` 与 \`WECHAT_BOT_ENCODING_AES_KEY\`（缺省用应用的）时，也接收回调 |
| \`feishu\` \`default\` | \`APP_ID\`、\`VERIFICATION_TOKEN\`、\`APP_SECRET\`、\`ENCRYPT_KEY\`、\`LARK_HOST\` |`,
    replies: `在回调的应答中回复用户的外部程序：一个列表，按顺序询问，直到有一个给出回复。在代码中则使用 \`hub.reply\`。
哪些事件可以回复、用什么回复、时限多久，见[回复](replies.zh-CN.md)。重新加载配置即生效。

\`\`\`yaml
replies:
  - account: wecom/office
    types: [yizhan.message.received]
    url: https://assistant.example.com/reply
    secret: \${REPLY_SECRET}
\`\`\``,
    relays: `公网路径，其请求转发到内网服务器。每个键是名称：1 到 64 个 \`a-z\`、\`0-9\`、\`.\`、\`_\`、\`-\`。
\`yizhan relay\` 单独提供同样的转发，不启动其余部分。

\`\`\`yaml
relays:
  wework:
    path: /wework-callback
    targets: [http://10.0.0.5:8080, { url: http://10.0.0.6:8080, weight: 2 }]
  shared:
    path: /shared
    mode: durable
    account: wecom/office
    receivers:
      - { name: crm, targets: [http://crm.internal/wecom], answers: true }
      - { name: oa, targets: [{ tunnel: branch }], types: [yizhan.message.received] }
\`\`\`

**环境变量。** \`TARGET_SERVER_URL\` 即名为 \`wework\`、路径为 \`/wework-callback\` 的转发，配置文件中已有同名或同路径的转发时不生效。
同时设置的 \`FLASK_RUN_PORT\` 作为 \`server.port\`，\`FLASK_DEBUG=true\` 作为 \`log.level: debug\`，仅在别处没有设置时生效。`,
    tunnels: `通往外部无法访问的网络：在其内部运行 \`yizhan connect\`，由它连接到 \`/tunnels/{名称}\`。

\`\`\`yaml
tunnels:
  branch:
    keys: [\${BRANCH_KEY}]
\`\`\``,
    platform: (names, listKey) => `键为 ${names}；列表 \`${listKey}\` 的条目：`,
    account: (id) => `需要顶层的 \`${id}\` 一节：`,
    head: ["键", "类型", "默认值", "含义"],
    required: "*必填*",
    secret: "**敏感。**",
    or: " 或 ",
    types: {
      number: "数字",
      string: "文本",
      boolean: "`true` `false`",
      array: "列表",
      object: "键值对",
      duration: (unit) => `时长（${unit}）`,
    },
  },
};
