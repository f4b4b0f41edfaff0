/** Robots and mailboxes of one recipient, by platform in the order they are tried. */
export type Platforms = Readonly<Record<string, readonly string[]>>;

/** What a test wants in its `config.yaml`, on top of a hub on a free port with every limit off. */
export interface ConfigFile {
  /** Channels are sandbox tokens, for `email` addresses, for `system` notification types; a token is also its name. */
  readonly recipients?: Readonly<Record<string, Platforms>>;
  /** Types of the global last resort; default `http`. */
  readonly system?: readonly string[];
  readonly server?: Readonly<Record<string, unknown>>;
  readonly queue?: Readonly<Record<string, unknown>>;
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly log?: Readonly<Record<string, unknown>>;
  /** Who may call the hub, as the file has it. */
  readonly accounts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly relays?: Readonly<Record<string, object>>;
  readonly tunnels?: Readonly<Record<string, object>>;
  readonly subscriptions?: Readonly<Record<string, unknown>>;
  readonly media?: Readonly<Record<string, unknown>>;
  /** Programs that people are replied to by. */
  readonly replies?: readonly Readonly<Record<string, unknown>>[];
}

export interface Places {
  /** The sandbox, without a slash at its end. */
  readonly url: string;
  readonly smtpPort: number;
}

/** The file's text. JSON, which YAML 1.2 contains. */
export function configText(file: ConfigFile, places: Places): string {
  const { recipients = { ops: { feishu: ["a", "b"], wecom: ["c", "d"] } }, system = ["http"] } = file;
  return JSON.stringify(
    {
      server: { host: "127.0.0.1", port: 0, ...file.server },
      ...(file.auth ? { auth: file.auth } : {}),
      ...(file.accounts ? { accounts: file.accounts } : {}),
      ...(file.relays ? { relays: file.relays } : {}),
      ...(file.tunnels ? { tunnels: file.tunnels } : {}),
      ...(file.subscriptions ? { subscriptions: file.subscriptions } : {}),
      ...(file.media ? { media: file.media } : {}),
      ...(file.replies ? { replies: file.replies } : {}),
      log: file.log ?? {},
      // Fast enough to wait for, and slow enough to be seen waiting.
      queue: {
        timeout: "5s",
        retry: { attempts: 3, initial_delay: "20ms", max_delay: "40ms" },
        breaker: { failures: 100, cooldown: "100ms" },
        ...file.queue,
      },
      recipients: Object.fromEntries(
        Object.entries(recipients).map(([alias, platforms]) => [alias, recipientOf(alias, platforms, places)]),
      ),
      email: { smtp_host: "127.0.0.1", smtp_port: places.smtpPort, from: "yizhan@example.com" },
      system: { enabled: system.length > 0, notifications: system.map((type) => ({ type })) },
    },
    undefined,
    2,
  );
}

function recipientOf(alias: string, platforms: Platforms, places: Places): object {
  const groups = Object.entries(platforms).map(([platform, channels]) => {
    switch (platform) {
      case "email":
        return [platform, { recipients: channels.map((email) => ({ email, name: email })) }];
      case "system":
        return [platform, { notifications: channels.map((type) => ({ type, name: type })) }];
      default:
        return [
          platform,
          {
            webhooks: channels.map((token) => ({
              url: places.url + robotPath(platform, token),
              name: token,
              rate_limits: [],
            })),
          },
        ];
    }
  });
  return { name: `接收者 ${alias}`, platforms: Object.fromEntries(groups) };
}

function robotPath(platform: string, token: string): string {
  switch (platform) {
    case "feishu":
      return `/open-apis/bot/v2/hook/${token}`;
    case "dingtalk":
      return `/robot/send?access_token=${token}`;
    default:
      return `/cgi-bin/webhook/send?key=${token}`;
  }
}
