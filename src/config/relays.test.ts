import { describe, expect, it } from "vitest";
import * as z from "zod";
import { platforms } from "../platforms/registry.ts";
import type { AccountSchemas } from "./accounts.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

const accountSchemas: AccountSchemas = new Map([
  ["wecom", { account: z.strictObject({ token: z.string() }) }],
  ["email", { account: z.strictObject({ host: z.string() }) }],
]);
const accounts = `accounts:
  office: { platform: wecom, token: t }
  away: { platform: wecom, token: t, enabled: false }
  box: { platform: email, host: h }
`;

const key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

function read(text: string, env: Record<string, string> = {}) {
  return readConfig({ file: "config.yaml", text, env, platforms, accountSchemas });
}

function configOf(text: string, env: Record<string, string> = {}) {
  const loaded = read(text, env);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
}

function problemsOf(text: string, env: Record<string, string> = {}): string[] {
  const loaded = read(text, env);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

const standardPool = {
  balance: { by: "round-robin" },
  idempotent: false,
  passiveHealth: { failures: 3, windowMs: 10_000, ejectMs: 10_000, maxEjectMs: 60_000 },
  activeHealth: undefined,
  pendingPerTarget: 4_096,
};

describe("a relay", () => {
  it("needs only a path and a target", () => {
    const { relays } = configOf("relays: { wework: { path: /wework-callback, targets: [http://10.0.0.5:8080/app/] } }");
    expect(relays).toEqual([
      {
        name: "wework",
        prefix: "/wework-callback",
        methods: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"],
        allowedPaths: [],
        delivery: {
          mode: "transparent",
          pool: { ...standardPool, targets: [{ kind: "origin", base: "http://10.0.0.5:8080/app", weight: 1 }] },
        },
        keepHost: false,
        limits: { connectMs: 5_000, answerMs: 30_000, idleMs: 30_000, headerLines: 100, bodyBytes: undefined },
      },
    ]);
  });

  it("has several targets with weights, tunnels among them, and health", () => {
    const { relays, tunnels } = configOf(`
tunnels: { branch: { keys: [0123456789abcdef, 0123456789abcdef] } }
relays:
  a:
    path: /a/b
    targets: [http://one, { url: https://two:8443, weight: 3 }, { tunnel: branch }]
    balance: sticky
    sticky_by: X-User
    idempotent: true
    health: { path: /up, every: 1s, timeout: 500ms, up: 1, down: 2 }
    passive_health: { failures: 5, window: 30, eject: 1, max_eject: 2 }
    pending_per_target: 7
    body_limit: 2000000
    timeouts: { connect: 2s, answer: 4.5s, idle: 10s }
`);
    expect(tunnels).toEqual([{ name: "branch", keys: ["0123456789abcdef"] }]);
    expect(relays[0]?.delivery).toEqual({
      mode: "transparent",
      pool: {
        targets: [
          { kind: "origin", base: "http://one", weight: 1 },
          { kind: "origin", base: "https://two:8443", weight: 3 },
          { kind: "tunnel", tunnel: "branch", weight: 1 },
        ],
        balance: { by: "sticky", header: "X-User" },
        idempotent: true,
        activeHealth: { path: "/up", everyMs: 1_000, timeoutMs: 500, up: 1, down: 2 },
        passiveHealth: { failures: 5, windowMs: 30_000, ejectMs: 1_000, maxEjectMs: 2_000 },
        pendingPerTarget: 7,
      },
    });
    expect(relays[0]?.limits).toMatchObject({
      connectMs: 2_000,
      answerMs: 4_500,
      idleMs: 10_000,
      bodyBytes: 2_000_000,
    });
  });

  it("that stores callbacks delivers them to receivers, or to its targets as the only one", () => {
    const { relays } = configOf(`${accounts}relays:
  one: { path: /one, mode: durable, account: wecom/office, targets: [http://one] }
  more:
    path: /more
    mode: durable
    account: wecom/office
    refusals: 3
    receivers:
      - { name: crm, targets: [http://crm], path: /in, types: [yizhan.message.received], seal: { token: x, encoding_aes_key: ${key} }, answers: true }
      - { name: oa, targets: [http://oa] }
`);
    const account = { platform: "wecom", name: "office" };
    const pool = (base: string) => ({ ...standardPool, targets: [{ kind: "origin", base, weight: 1 }] });
    expect(relays.map(({ delivery }) => delivery)).toEqual([
      {
        mode: "durable",
        account,
        receivers: [{ name: "default", pool: pool("http://one"), types: [], answers: false }],
        refusals: 10,
      },
      {
        mode: "durable",
        account,
        receivers: [
          {
            name: "crm",
            pool: pool("http://crm"),
            path: "/in",
            types: ["yizhan.message.received"],
            seal: { token: "x", encoding_aes_key: key },
            answers: true,
          },
          { name: "oa", pool: pool("http://oa"), types: [], answers: false },
        ],
        refusals: 3,
      },
    ]);
  });

  it("that is switched off may be unfinished", () => {
    expect(configOf("relays: { a: { enabled: false } }").relays).toEqual([]);
  });
});

const mistakes: { name: string; text: string; problems: string[] }[] = [
  {
    name: "everything at once",
    text: `relays:
  a: { path: /a/, targets: [ftp://x, {}], metods: [] }
  b: { path: /b/../c, methods: [get, TRACE], targets: [] }
`,
    problems: [
      'config.yaml:2:14 relays.a.path: found "/a/", expected a path such as "/wework-callback", without a slash at its end',
      'config.yaml:2:29 relays.a.targets[0]: found "ftp://x", expected an http(s) address without user, query and fragment, such as http://10.0.0.5:8080',
      'config.yaml:2:43 relays.a.metods: unknown key, did you mean "methods"?',
      'config.yaml:3:14 relays.b.path: found "/b/../c", expected a path such as "/wework-callback", without a slash at its end',
      'config.yaml:3:33 relays.b.methods[0]: found "get", expected a method in capitals other than CONNECT and TRACE',
      'config.yaml:3:38 relays.b.methods[1]: found "TRACE", expected a method in capitals other than CONNECT and TRACE',
    ],
  },
  {
    name: "a target that is none, two, or unknown",
    text: `tunnels: { branch: { keys: [0123456789abcdef] } }
relays:
  a: { path: /a, targets: [{ weight: 2 }, { url: http://x, tunnel: branch }, { tunnel: brunch }] }
  b: { path: /b }
`,
    problems: [
      "config.yaml:3:28 relays.a.targets[0]: expected either url or tunnel",
      "config.yaml:3:43 relays.a.targets[1]: expected either url or tunnel",
      'config.yaml:3:88 relays.a.targets[2].tunnel: unknown tunnel, did you mean "branch"?',
      "config.yaml:4:3 relays.b.targets: missing, expected at least one target",
    ],
  },
  {
    name: "a path of the hub's own, and one that is open already",
    text: `relays:
  a: { path: /api/x, targets: [http://x] }
  b: { path: /wechat, targets: [http://x] }
  c: { path: /c, targets: [http://x] }
  d: { path: /c, targets: [http://x] }
`,
    problems: [
      'config.yaml:2:14 relays.a.path: found "/api/x", but /api is the hub\'s own, expected another path',
      'config.yaml:3:14 relays.b.path: found "/wechat", but /wechat/callback is the hub\'s own, expected another path',
      "config.yaml:5:14 relays.d.path: the same path as relays.c.path (line 4), expected another one",
    ],
  },
  {
    name: "a target that is written twice",
    text: `tunnels: { branch: { keys: [0123456789abcdef] } }
relays:
  a: { path: /a, targets: [http://x, http://y, { url: HTTP://X:80/, weight: 2 }] }
  b: { path: /b, targets: [{ tunnel: branch }, { tunnel: branch }] }
`,
    problems: [
      "config.yaml:3:48 relays.a.targets[2]: the same target as targets[0], expected it once, with a weight",
      "config.yaml:4:48 relays.b.targets[1]: the same target as targets[0], expected it once, with a weight",
    ],
  },
  {
    name: "an account that is missing, switched off, a mailbox, or not wanted",
    text: `${accounts}relays:
  a: { path: /a, mode: durable, targets: [http://x] }
  b: { path: /b, mode: durable, account: wecom/away, targets: [http://x] }
  c: { path: /c, mode: durable, account: email/box, targets: [http://x] }
  d: { path: /d, account: wecom/office, targets: [http://x] }
`,
    problems: [
      "config.yaml:6:3 relays.a.account: missing, expected the account whose callbacks a durable relay stores",
      'config.yaml:7:42 relays.b.account: found "wecom/away", but there is no such account that is switched on, expected the platform and name of one',
      'config.yaml:8:42 relays.c.account: found "email/box", but nobody calls about a mailbox, expected the platform and name of one',
      "config.yaml:9:27 relays.d.account: a transparent relay verifies nothing, expected no account",
    ],
  },
  {
    name: "receivers that do not go together",
    text: `${accounts}relays:
  a: { path: /a, receivers: [{ name: x, targets: [http://x] }], targets: [http://x] }
  b:
    path: /b
    mode: durable
    account: wecom/office
    targets: [http://x]
    receivers:
      - { name: x, targets: [http://x], answers: true }
      - { name: x, targets: [http://y], answers: true, seal: hush }
`,
    problems: [
      "config.yaml:6:29 relays.a.receivers: only durable relays have receivers, expected targets",
      "config.yaml:14:62 relays.b.receivers[1].seal: found a text (not shown), expected a section of keys and values",
    ],
  },
  {
    name: "keys that the account's platform would not seal with",
    text: `${accounts}relays:
  b:
    path: /b
    mode: durable
    account: wecom/office
    receivers:
      - { name: x, targets: [http://x], seal: { token: hush!, encrypt_key: hush } }
`,
    problems: [
      "config.yaml:11:41 relays.b.receivers[0].seal.encoding_aes_key: found nothing, expected text",
      "config.yaml:11:56 relays.b.receivers[0].seal.token: found a text (not shown), must be the Token of the admin page's callback settings: 1 to 32 letters and digits",
      "config.yaml:11:63 relays.b.receivers[0].seal.encrypt_key: unknown key, expected one of token, encoding_aes_key, receive_id",
    ],
  },
  {
    name: "two answers, one name, and targets beside receivers",
    text: `${accounts}relays:
  b:
    path: /b
    mode: durable
    account: wecom/office
    targets: [http://x]
    receivers:
      - { name: x, targets: [http://x], answers: true }
      - { name: x, targets: [http://y], answers: true }
`,
    problems: [
      "config.yaml:10:14 relays.b.targets: expected targets or receivers, not both",
      'config.yaml:13:17 relays.b.receivers[1].name: "x" is taken, expected another name',
      "config.yaml:13:50 relays.b.receivers[1].answers: another one answers, expected at most one",
    ],
  },
  {
    name: "a header that is missing or not looked at",
    text: `relays:
  a: { path: /a, balance: sticky, targets: [http://x] }
  b: { path: /b, sticky_by: X-User, targets: [http://x], passive_health: { eject: 2m } }
`,
    problems: [
      "config.yaml:2:3 relays.a.sticky_by: missing, expected the header that balance: sticky looks at",
      "config.yaml:3:29 relays.b.sticky_by: nothing looks at it with balance: round-robin, expected balance: sticky",
      "config.yaml:3:83 relays.b.passive_health.eject: expected at most max_eject",
    ],
  },
  {
    name: "a name that cannot be one, and a key that can be guessed",
    text: "relays: { 'A b': { path: /a } }\ntunnels: { t: { keys: [short] } }\n",
    problems: [
      'config.yaml:1:11 relays["A b"]: found "A b", expected a name of 1 to 64 of a-z, 0-9, ".", "_" and "-" that begins with a letter or digit',
      "config.yaml:2:24 tunnels.t.keys[0]: found a text (not shown), expected 16 to 512 characters of ASCII without spaces",
    ],
  },
];

describe("a mistake in relays", () => {
  it.each(mistakes)("is told with its place: $name", ({ text, problems }) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

describe("TARGET_SERVER_URL", () => {
  const env = { TARGET_SERVER_URL: "http://inner/" };

  it("is the relay wework at /wework-callback", () => {
    const { relays } = configOf("", env);
    expect(relays).toMatchObject([
      { name: "wework", prefix: "/wework-callback", delivery: { pool: { targets: [{ base: "http://inner" }] } } },
    ]);
  });

  it.each([
    "relays: { wework: { path: /other, targets: [http://file] } }",
    "relays: { mine: { path: /wework-callback, targets: [http://file] } }",
  ])("gives way to the file: %s", (text) => {
    const { relays } = configOf(text, env);
    expect(relays).toMatchObject([{ delivery: { pool: { targets: [{ base: "http://file" }] } } }]);
  });

  it("that is no address is told by its name", () => {
    expect(problemsOf("", { TARGET_SERVER_URL: "inner:8080" })).toEqual([
      'environment variable TARGET_SERVER_URL relays.wework.targets[0]: found "inner:8080", expected an http(s) address without user, query and fragment, such as http://10.0.0.5:8080',
    ]);
  });

  it.each([
    ["http://user:password@inner", "http://…@inner"],
    ["http://user:password@inner/a?key=1", "http://…@inner/…"],
    ["http://inner/?key=1", "http://inner/…"],
  ])("with a credential in it is shown without", (target, shown) => {
    expect(problemsOf("", { TARGET_SERVER_URL: target })).toEqual([
      `environment variable TARGET_SERVER_URL relays.wework.targets[0]: found "${shown}", expected an http(s) address without user, query and fragment, such as http://10.0.0.5:8080`,
    ]);
  });

  it("brings the proxy's other variables with it, where nothing else says them", () => {
    const flask = { ...env, FLASK_RUN_PORT: "8502", FLASK_DEBUG: "True" };
    const { server, log } = configOf("", flask);
    expect([server.port, log.level]).toEqual([8502, "debug"]);
    const written = configOf("server: { port: 1234 }\nlog: { level: warn }", flask);
    expect([written.server.port, written.log.level]).toEqual([1234, "warn"]);
    expect(configOf("", { ...flask, YIZHAN_PORT: "4321" }).server.port).toBe(4321);
    expect(configOf("", { FLASK_RUN_PORT: "8502", FLASK_DEBUG: "1" }).server.port).toBe(8080);
  });
});

describe("the relay alone", () => {
  const alone = (text: string, env: Record<string, string> = {}) =>
    readConfig({ file: "config.yaml", text, env, platforms, accountSchemas, purpose: "relay" });

  it("listens where the proxy did that it takes the place of, with no key", () => {
    const loaded = alone("", { TARGET_SERVER_URL: "http://inner" });
    expect(loaded).toMatchObject({ ok: true, config: { server: { host: "0.0.0.0", port: 8502 } }, notes: [] });
    const told = alone("server: { port: 1, host: 10.0.0.1 }", {
      TARGET_SERVER_URL: "http://inner",
      FLASK_RUN_PORT: "2",
    });
    expect(told).toMatchObject({ config: { server: { host: "10.0.0.1", port: 1 } } });
  });

  it("says what is missing", () => {
    const loaded = alone("");
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([
      "environment: TARGET_SERVER_URL is not set, and no relay is configured; expected the address of the server in the intranet, such as TARGET_SERVER_URL=http://10.0.0.5:8080, or relays in a file given with --config",
    ]);
  });

  it("stores nothing", () => {
    const loaded = alone(
      `${accounts}relays: { a: { path: /a, mode: durable, account: wecom/office, targets: [http://x] } }`,
    );
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem)).toEqual([
      'config.yaml:5:32 relays.a.mode: found "durable", which needs the store of a hub; expected transparent, or yizhan serve',
    ]);
  });
});
