// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { formatProblem } from "./problem.ts";
import { readConfig, type Source } from "./read.ts";

function read(text: string, rest: Partial<Source> = {}) {
  return readConfig({ file: "config.yaml", text, env: {}, platforms, ...rest });
}

/** The problems of a text as the operator sees them. */
function problemsOf(text: string, rest: Partial<Source> = {}): string[] {
  const loaded = read(text, rest);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

function configOf(text: string, rest: Partial<Source> = {}) {
  const loaded = read(text, rest);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
}

const feishu = (entry: string) => `recipients:
  ops:
    platforms:
      feishu:
        webhooks:
          - ${entry}
`;

const badFiles: { name: string; text: string; env?: Record<string, string>; problems: string[] }[] = [
  {
    name: "a port out of range",
    text: "server:\n  port: 70000\n",
    problems: ["config.yaml:2:9 server.port: found 70000, expected a whole number from 0 to 65535"],
  },
  {
    name: "a port that is no number",
    text: "server:\n  port: http\n",
    problems: ['config.yaml:2:9 server.port: found "http", expected a whole number from 0 to 65535'],
  },
  {
    name: "a word that is not offered",
    text: "server:\n  mode: prod\n",
    problems: ['config.yaml:2:9 server.mode: found "prod", expected one of debug, release, test'],
  },
  {
    name: "a misspelt section",
    text: "servr:\n  port: 80\n",
    problems: ['config.yaml:1:1 servr: unknown key, did you mean "server"?'],
  },
  {
    name: "a key in another spelling",
    text: "queue:\n  workerCount: 5\n",
    problems: ['config.yaml:2:3 queue.workerCount: unknown key, did you mean "worker_count"?'],
  },
  {
    name: "a key two levels down",
    text: "queue:\n  retry:\n    atempts: 5\n",
    problems: ['config.yaml:3:5 queue.retry.atempts: unknown key, did you mean "attempts"?'],
  },
  {
    name: "a key that is like none",
    text: "store:\n  zzzzzz: 1\n",
    problems: ["config.yaml:2:3 store.zzzzzz: unknown key, expected one of directory, retention_days"],
  },
  {
    name: "a section that is a list",
    text: "server:\n  - port: 1\n",
    problems: ["config.yaml:2:3 server: found a list, expected a section of keys and values"],
  },
  {
    name: "a file that is a list",
    text: "- server\n",
    problems: ["config.yaml:1:1: found a list, expected a section of keys and values"],
  },
  {
    name: "a duration without a unit it knows",
    text: "queue:\n  timeout: 5 parsecs\n",
    problems: [
      'config.yaml:2:12 queue.timeout: found "5 parsecs", expected a duration from 0.1s to 600s: a number (of s) or text such as "500ms", "10s", "5m"',
    ],
  },
  {
    name: "delays that cross",
    text: "queue:\n  retry:\n    initial_delay: 10m\n",
    problems: ['config.yaml:3:20 queue.retry.initial_delay: found "10m", expected at most max_delay'],
  },
  {
    name: "a key set twice",
    text: "server:\n  port: 1\n  host: localhost\n  port: 2\n",
    problems: ["config.yaml:4:3 server.port: duplicate key, first set on line 2; expected it once"],
  },
  {
    name: "an alias set twice",
    text: "recipients:\n  ops: {}\n  ops: {}\n",
    problems: ["config.yaml:3:3 recipients.ops: duplicate key, first set on line 2; expected it once"],
  },
  {
    name: "a tab as indentation",
    text: "server:\n\tport: 1\n",
    problems: ["config.yaml:2:1: not valid YAML: a tab as indentation; expected spaces"],
  },
  {
    name: "a quote that is not closed",
    text: 'server:\n  host: "localhost\n',
    problems: [
      "config.yaml:3:1: not valid YAML: something is missing here: a closing quote or bracket, or a colon and a space after a key",
    ],
  },
  {
    name: "two documents",
    text: "server: {}\n---\nserver: {}\n",
    problems: ["config.yaml:2:1: not valid YAML: a second document (---) in the file; expected one"],
  },
  {
    name: "a variable that is not set",
    text: feishu("url: ${FEISHU_URL}"),
    problems: [
      "config.yaml:6:18 recipients.ops.platforms.feishu.webhooks[0].url: the environment variable FEISHU_URL is not set; set it, or give a default: ${FEISHU_URL:-default}",
    ],
  },
  {
    name: "a placeholder without an end",
    text: 'server:\n  host: "${HOST"\n',
    problems: [
      'config.yaml:2:9 server.host: found "${" without a name and a "}", expected ${NAME} or ${NAME:-default}; write "$${" for the text itself',
    ],
  },
  {
    name: "a variable that does not fit",
    text: "server:\n  port: ${PORT}\n",
    env: { PORT: "p4ssw0rd" },
    problems: ['config.yaml:2:9 server.port: found "${PORT}", expected a whole number from 0 to 65535'],
  },
  {
    name: "an override that does not fit",
    text: "server:\n  port: 1\n",
    env: { YIZHAN_PORT: "many" },
    problems: ['environment variable YIZHAN_PORT server.port: found "many", expected a whole number from 0 to 65535'],
  },
  {
    name: "a platform that does not exist",
    text: "recipients:\n  ops:\n    platforms:\n      fieshu:\n        webhooks: []\n",
    problems: ['config.yaml:4:7 recipients.ops.platforms.fieshu: unknown platform, did you mean "feishu"?'],
  },
  {
    name: "a platform named twice by different names",
    text: "recipients:\n  ops:\n    platforms:\n      wechat: {}\n      wecom: {}\n",
    problems: [
      'config.yaml:5:14 recipients.ops.platforms.wecom: the same platform as "wechat" above, expected it once',
    ],
  },
  {
    name: "the list of another platform",
    text: "recipients:\n  ops:\n    platforms:\n      feishu:\n        recipients: []\n",
    problems: [
      "config.yaml:5:9 recipients.ops.platforms.feishu.recipients: unknown key, expected one of enabled, webhooks",
    ],
  },
  {
    name: "a robot without an address",
    text: feishu("secret: abc"),
    problems: [
      "config.yaml:6:13 recipients.ops.platforms.feishu.webhooks[0].url: found nothing, must be the robot's whole address, beginning with https:// or http://",
    ],
  },
  {
    name: "a robot with a key too many",
    text: feishu("{ url: 'https://example.com/a', secert: topsecret }"),
    problems: [
      'config.yaml:6:45 recipients.ops.platforms.feishu.webhooks[0].secert: unknown key, did you mean "secret"?',
    ],
  },
  {
    name: "a wrong key in an entry that is switched off",
    text: feishu("{ url: '', enabled: false, secert: topsecret }"),
    problems: [
      'config.yaml:6:40 recipients.ops.platforms.feishu.webhooks[0].secert: unknown key, did you mean "secret"?',
    ],
  },
  {
    name: "a limit of nothing",
    text: feishu("{ url: 'https://example.com/a', rate_limits: [{ messages: 0, per_seconds: 60 }] }"),
    problems: [
      "config.yaml:6:71 recipients.ops.platforms.feishu.webhooks[0].rate_limits[0].messages: found 0, expected a whole number from 1 to 1000000",
    ],
  },
  {
    name: "a proxy that is not an address",
    text: feishu("{ url: 'https://example.com/a', proxy: 'u:topsecret@proxy' }"),
    problems: [
      "config.yaml:6:52 recipients.ops.platforms.feishu.webhooks[0].proxy: found a text (not shown), must be the proxy's address, such as http://user:password@proxy.example:3128",
    ],
  },
  {
    name: "a proxy for mail",
    text: "recipients: { ops: { platforms: { email: { recipients: [{ email: a@b.c, proxy: 'http://p:1' }] } } } }",
    problems: [
      'config.yaml:1:1 email: missing, expected this section, because recipient "ops" has email channels',
      "config.yaml:1:80 recipients.ops.platforms.email.recipients[0].proxy: email does not send over HTTP, expected no proxy",
    ],
  },
  {
    name: "a kind of system notification that does not exist",
    text: "system:\n  notifications:\n    - type: pager\n",
    problems: [
      'config.yaml:3:13 system.notifications[0].type: found "pager", expected one of console, file, syslog, http',
    ],
  },
  {
    name: "an alias with a line break in it",
    text: 'recipients:\n  "a\\nb": {}\n',
    problems: [
      'config.yaml:2:11 recipients["a\\nb"]: found "a\\nb", expected an alias of 1 to 128 characters without control characters',
    ],
  },
  {
    name: "mail without a server",
    text: "recipients:\n  ops:\n    platforms:\n      email:\n        recipients:\n          - email: a@example.com\n",
    problems: ['config.yaml:1:1 email: missing, expected this section, because recipient "ops" has email channels'],
  },
  {
    name: "an open door",
    text: 'server:\n  host: "0.0.0.0"\n',
    problems: [
      'config.yaml:2:9 server.host: found "0.0.0.0", which other machines can reach, and no keys; expected auth.keys or YIZHAN_API_KEY, or a loopback address such as 127.0.0.1',
    ],
  },
  {
    name: "a key that no header can carry",
    text: "auth:\n  keys: [hunter 2]\n",
    problems: [
      "config.yaml:2:10 auth.keys[0]: found a text (not shown), expected 1 to 512 characters of ASCII without spaces",
    ],
  },
  {
    name: "one place with two secrets",
    text: `recipients:
  ops:
    platforms:
      feishu: { webhooks: [{ url: "https://example.com/a", secret: one }] }
  dev:
    platforms:
      feishu: { webhooks: [{ url: "https://example.com/a", secret: two }] }
`,
    problems: [
      "config.yaml:7:28 recipients.dev.platforms.feishu.webhooks[0]: the same place as recipients.ops.platforms.feishu.webhooks[0] (line 4) with other settings, expected the same settings in both",
    ],
  },
  {
    name: "several mistakes",
    text: "log:\n  level: loud\nqueue:\n  jitter: 1\nserver:\n  port: -1\n",
    problems: [
      'config.yaml:2:10 log.level: found "loud", expected one of debug, info, warn, error',
      "config.yaml:4:3 queue.jitter: unknown key, expected one of worker_count, buffer_size, timeout, max_concurrent_per_platform, batch_size, retry, breaker",
      "config.yaml:6:9 server.port: found -1, expected a whole number from 0 to 65535",
    ],
  },
];

describe("a file with a mistake", () => {
  for (const { name, text, env = {}, problems } of badFiles) {
    it(`says what is wrong, where, and what would be right: ${name}`, () => {
      expect(problemsOf(text, { env })).toEqual(problems);
    });
  }
});

describe("a hostile file", () => {
  it("may nest only so deep", () => {
    expect(problemsOf(`${"a: {".repeat(60)}${"}".repeat(60)}`)[0]).toContain("nested too deeply, expected at most 32");
    const brackets = problemsOf("[".repeat(200_000));
    expect(brackets[0]).toContain("not valid YAML: nested too deeply");
    expect(brackets).toHaveLength(10);
  });

  it("may repeat only so much by aliases", () => {
    const levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 12; level++) {
      levels.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    }
    const problems = problemsOf(levels.join("\n"));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("aliases repeat too much, expected at most 100000 repeated values");
  });

  it("may not refer to itself", () => {
    expect(problemsOf("a: &a [*a]\n")[0]).toContain("nested too deeply");
    expect(problemsOf("server: *nothing\n")[0]).toBe("config.yaml:1:9 server: this alias has no anchor before it");
  });

  it("gets no prototype", () => {
    expect(problemsOf("__proto__:\n  port: 1\n")[0]).toContain("__proto__: unknown key");
    expect(problemsOf("server:\n  __proto__:\n    port: 1\n")[0]).toContain("server.__proto__: unknown key");
    expect(configOf("recipients:\n  __proto__:\n    name: x\n").recipients[0]?.alias).toBe("__proto__");
  });
});

describe("a file that is wrong everywhere", () => {
  it("is told about its first thousand problems", () => {
    expect(problemsOf(Array.from({ length: 3_000 }, (_, index) => `key${index}: 1`).join("\n"))).toHaveLength(1_000);
  });
});

describe("a secret", () => {
  const secret = "hush-hush-hush";
  const texts = [
    feishu(`{ url: "ftp://example.com/${secret}", secret: [${secret}] }`),
    feishu(`{ url: "${secret}" }`),
    feishu(`{ webhook: "https://example.com/${secret}" }`),
    feishu(`"https://example.com/${secret}"`),
    `email: { smtp_host: "", password: { a: ${secret} } }\nrecipients: { a: { platforms: { email: { recipients: [{ email: a@b.cn }] } } } }`,
    `auth: { keys: ${secret} }`,
    `auth: { keys: ["${secret} "] }`,
    `auth: { key: ${secret} }`,
    `system: { notifications: [{ type: http, url: "ftp://user:${secret}@example.com/${secret}" }] }`,
    `log: { level: "https://user:${secret}@example.com/${secret}" }`,
    `auth: "${secret}`,
    `auth: ${secret}: ${secret}`,
    "server: { port: ${SECRET} }",
    feishu('{ url: "${SECRET}" }'),
    feishu('{ url: "x${SECRET}", secret: "${NONE}" }'),
  ];
  for (const text of texts) {
    it(`is in no problem of ${JSON.stringify(text.slice(0, 120))}`, () => {
      const problems = problemsOf(text, { env: { SECRET: secret } });
      expect(problems).not.toEqual([]);
      expect(problems.join("\n")).not.toContain(secret);
    });
  }

  it("from YIZHAN_API_KEY that cannot be one is not shown either", () => {
    expect(problemsOf("", { env: { YIZHAN_API_KEY: "hunter 2" } })).toEqual([
      "environment variable YIZHAN_API_KEY auth.keys[0]: found a text (not shown), expected 1 to 512 characters of ASCII without spaces",
    ]);
  });
});

describe("an empty file", () => {
  it("is a configuration of defaults, with a note that nobody can be reached", () => {
    const loaded = read("");
    if (!loaded.ok) throw new Error("not loaded");
    expect(loaded.config.server).toEqual({
      host: "127.0.0.1",
      port: 8080,
      mode: "release",
      trustProxy: false,
      shutdownTimeoutMs: 10_000,
      bodyLimitBytes: 1_048_576,
      requestTimeoutMs: 30_000,
    });
    expect(loaded.config.queue).toEqual({
      workers: 512,
      bufferSize: 1_000_000,
      timeoutMs: 10_000,
      maxConcurrentPerPlatform: 256,
      batchSize: 100,
      retry: { attempts: 6, initialDelayMs: 5_000, maxDelayMs: 300_000, jitter: 0.2 },
      breaker: { failures: 5, cooldownMs: 30_000 },
    });
    expect(loaded.notes).toEqual(["config.yaml recipients: none, so every push is answered with 404"]);
  });

  it("may have empty sections", () => {
    expect(configOf("server:\nqueue:\n  retry:\nrecipients:\n  ops:\nsystem:\nemail:\n").recipients).toEqual([
      { alias: "ops", name: "ops", platforms: [] },
    ]);
  });
});

describe("a value", () => {
  it("may be a duration with a unit", () => {
    expect(configOf('queue: { timeout: "500ms" }').queue.timeoutMs).toBe(500);
    expect(configOf("queue: { timeout: 2.5 }").queue.timeoutMs).toBe(2_500);
    expect(configOf("queue: { breaker: { cooldown: 5m } }").queue.breaker.cooldownMs).toBe(300_000);
  });

  it("is taken as what the key wants, when its text can be read so", () => {
    expect(configOf('server: { port: "9000" }').server.port).toBe(9_000);
    expect(configOf("sandbox: { enabled: yes }").sandbox.enabled).toBe(true);
    expect(
      configOf(feishu("{ url: 'https://example.com/a', secret: 0123 }")).recipients[0]?.platforms[0]?.entries[0],
    ).toMatchObject({ settings: { secret: "0123" } });
  });

  it("may come by anchors and merge keys", () => {
    const config = configOf(`recipients:
  ops: &ops
    name: Ops
    platforms: { system: { notifications: [{ type: file }] } }
  dev:
    <<: *ops
    name: Dev
`);
    expect(config.recipients.map(({ name }) => name)).toEqual(["Ops", "Dev"]);
    expect(config.recipients[1]?.platforms).toEqual(config.recipients[0]?.platforms);
  });
});

describe("a placeholder", () => {
  const hostOf = (text: string, env: Record<string, string> = {}) =>
    configOf(`store: { directory: "${text}" }`, { env }).store.directory;

  it("stands for a variable, or its default when that is unset or empty", () => {
    expect(hostOf("${A}/x/${B:-c}", { A: "a" })).toBe("a/x/c");
    expect(hostOf("${A:-c}", { A: "" })).toBe("c");
  });

  it("is not looked for in what a variable contains", () => {
    expect(hostOf("${A}", { A: "${B}$$" })).toBe("${B}$$");
  });

  it("is written out with a doubled dollar", () => {
    expect(hostOf("$${A}$")).toBe("${A}$");
  });

  it("of digits alone is a number unless it is quoted, and text where text is wanted", () => {
    expect(configOf("server:\n  port: ${PORT}\n", { env: { PORT: "81" } }).server.port).toBe(81);
    const entry = configOf(feishu("url: https://example.com/a\n            secret: ${S}"), { env: { S: "007" } });
    expect(entry.recipients[0]?.platforms[0]?.entries[0]).toMatchObject({ settings: { secret: "007" } });
  });

  it("turns a platform off", () => {
    const text =
      "recipients:\n  ops:\n    platforms:\n      feishu:\n        enabled: ${ON:-false}\n        webhooks:\n          - url: ${URL}\n";
    expect(configOf(text).recipients[0]?.platforms).toEqual([]);
    expect(problemsOf(text, { env: { ON: "true" } })).toHaveLength(1);
  });

  it("draws a note where an old file has two dollars in a text", () => {
    const loaded = read("store:\n  directory: a$$b\n");
    expect(loaded.ok && loaded.notes[0]).toBe(
      'config.yaml:2:14 store.directory: "$$" is read as one "$"; write "$$$$" for two',
    );
  });
});

describe("what is switched off", () => {
  it("is left out and may be unfinished", () => {
    const config = configOf(`recipients:
  ops:
    platforms:
      feishu: { enabled: false, webhooks: [{ url: "" }] }
      dingtalk:
        webhooks:
          - { enabled: false, url: "\${UNSET}" }
          - { url: "https://example.com/robot/send?access_token=a" }
      email: { enabled: false, recipients: [{ email: "" }] }
email: { smtp_host: "", from: "" }
system: { enabled: false, notifications: [{ type: http, url: "" }] }
`);
    expect(config.recipients[0]?.platforms.map(({ platform, entries }) => [platform, entries.length])).toEqual([
      ["dingtalk", 1],
    ]);
    expect(config.accounts.size).toBe(0);
    expect(config.notifications).toEqual([]);
  });
});

describe("the environment and the command line", () => {
  it("win over the file, in this order", () => {
    const env = { YIZHAN_HOST: "::1", YIZHAN_PORT: "81", YIZHAN_DATA: "/srv", YIZHAN_API_KEY: "k".repeat(16) };
    const config = configOf(`server: { host: localhost, port: 80 }\nauth: { keys: [${"f".repeat(16)}] }`, {
      env,
      flags: { port: "82" },
    });
    expect(config.server).toMatchObject({ host: "::1", port: 82 });
    expect(config.store.directory).toBe("/srv");
    expect(config.auth.keys).toEqual(["f".repeat(16), "k".repeat(16)]);
  });

  it("opens the door with a key from either", () => {
    expect(problemsOf("server: { host: 0.0.0.0 }", { env: { YIZHAN_API_KEY: "k".repeat(16) } })).toEqual([]);
    expect(problemsOf("", { env: { YIZHAN_HOST: "::" } })).toHaveLength(1);
  });
});

describe("entries", () => {
  it("are named after the platform and their place unless they have a name", () => {
    const config = configOf(
      feishu("{ url: 'https://example.com/a', name: '' }\n          - { url: 'https://example.com/b', name: 乙 }"),
    );
    expect(config.recipients[0]?.platforms[0]?.entries.map(({ name }) => name)).toEqual(["飞书1", "乙"]);
  });

  it("keep the published limits, their own, or none", () => {
    const limits = (text: string) =>
      configOf(feishu(`{ url: 'https://example.com/a'${text} }`)).recipients[0]?.platforms[0]?.entries[0]?.rate;
    expect(limits("")).toBeUndefined();
    expect(limits(", rate_limits: []")).toEqual([]);
    expect(limits(", rate_limits: [{ messages: 3, per_seconds: 0.5 }]")).toEqual([{ messages: 3, perMs: 500 }]);
  });
});

describe("a key that can be guessed", () => {
  it("works, for whoever moves from a system that had it, but is worth a note that does not show it", () => {
    const loaded = read(
      "auth:\n  keys: [hunter2]\nrecipients:\n  ops: {}\nsystem:\n  notifications: [{ type: console }]\n",
    );
    expect(loaded.ok && loaded.notes).toEqual([
      "config.yaml:2:9 auth.keys: a key is shorter than 16 characters and can be guessed",
    ]);
  });
});

describe("a recipient that nothing can reach", () => {
  it("is worth a note", () => {
    const loaded = read("recipients:\n  ops: {}\n");
    expect(loaded.ok && loaded.notes).toEqual([
      "config.yaml:2:8 recipients.ops: has neither channels nor notifications, so every push to it fails",
    ]);
    const reached = read("recipients:\n  ops: {}\nsystem:\n  notifications: [{ type: console }]\n");
    expect(reached.ok && reached.notes).toEqual([]);
  });
});
