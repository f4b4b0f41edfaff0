import { composeAsking } from "./app-asking.ts";
import type { Config } from "./config/config.ts";
import type { KnownPlatforms } from "./config/own-platforms.ts";
import { receivingAccountsOf } from "./config/receiving.ts";
import { createDispatch, type Dispatch } from "./dispatch/dispatch.ts";
import { defaultSchedule } from "./dispatch/retry-schedule.ts";
import { callbackEndpoints } from "./http/callbacks.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { eventStreamEndpoint } from "./http/event-stream.ts";
import { eventEndpoints } from "./http/events.ts";
import { handlerEndpoints } from "./http/handlers.ts";
import { messageEndpoints } from "./http/messages.ts";
import { RefusalCounts } from "./http/reception-metrics.ts";
import { type AccountStatus, statusEndpoint } from "./http/status.ts";
import { subscriptionEndpoints } from "./http/subscriptions.ts";
import { defaultTenant } from "./model/recipient.ts";
import type { MailboxAccount } from "./platforms/email/imap-account.ts";
import type { MailboxStatePort } from "./platforms/email/imap-new-mail.ts";
import type { HttpClient } from "./platforms/http.ts";
import { streamers } from "./platforms/streamers.ts";
import { knowableOf } from "./platforms/tracking.ts";
import { trackings } from "./platforms/trackings.ts";
import type { Clock } from "./queue/clock.ts";
import { MemoryQueue } from "./queue/memory-queue.ts";
import { type Place, type ReceivingAccount, ReceivingAccounts } from "./receive/accounts.ts";
import { EventFeed } from "./receive/feed.ts";
import { type Mailbox, Mailboxes } from "./receive/mailboxes.ts";
import { Reception } from "./receive/reception.ts";
import { Replies } from "./receive/replies.ts";
import { StreamSupervisor } from "./receive/supervisor.ts";
import type { StreamHealth } from "./receive/supervisor-keeper.ts";
import type { Store } from "./store/store.ts";
import { Tracker } from "./track/tracker.ts";
import { version } from "./version.ts";

export interface ReceivingOptions {
  readonly known: Pick<KnownPlatforms, "platforms" | "receivers">;
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: (now: number) => string;
  readonly http: HttpClient;
  /** What relative paths of the configuration are relative to. */
  readonly cwd: string;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly onError: (what: string, error: unknown) => void;
  /** Deliveries that wait. */
  readonly waiting: () => number;
}

/** The rooms that take in what platforms tell, put together. */
export interface Receiving {
  readonly endpoints: readonly Endpoint[];
  readonly handlers: Dispatch["handlers"];
  /** Takes in what came by another way than an account's own path. */
  readonly reception: Pick<Reception, "receive">;
  /** As it is configured now. */
  account(place: Place): ReceivingAccount | undefined;
  readonly repliers: Dispatch["repliers"];
  /** Its own metrics, in Prometheus' text format. */
  render(): string;
  /** Begins what goes on by itself: consumers of Events, mailboxes. @throws StoreError */
  start(): Promise<void>;
  /** The accounts of this configuration are in force from now on. */
  configure(config: Config): Promise<void>;
  /** Ends streams and what Events set in motion. Harmless to repeat. */
  stop(): Promise<void>;
}

/** Subscriptions that are sent to at once, and handlers that run: each kind has places of its own. */
const LANES_AT_ONCE = 64;

export function composeReceiving(initial: Config, options: ReceivingOptions): Receiving {
  let config = initial;
  const { known, store, clock, newId, http, cwd, log, onError, waiting } = options;
  const startedAt = clock.now();
  const owner = newId(startedAt);
  const asking = composeAsking(config, {
    store,
    clock,
    cwd,
    owner,
    accounts: () => accounts,
    reception: () => reception,
    log,
    onError,
  });
  const accountsOf = (wanted: Config) =>
    new ReceivingAccounts(receivingAccountsOf(wanted, known.receivers, asking.published));
  let accounts = accountsOf(config);
  const counts = new RefusalCounts({ now: clock.now, log });
  const feed = new EventFeed(onError);
  feed.listen(counts.heard);
  feed.listen(asking.heard);
  const replies = new Replies({
    replier: { find: (event) => dispatch.repliers.find(event) },
    store,
    clock,
    observer: counts,
  });
  const reception = new Reception({
    store,
    accounts: () => accounts,
    observer: counts,
    now: clock.now,
    newId,
    onStored: feed.tell,
    replies,
  });
  const { allowPrivate, retryDelaysMs } = config.subscriptions;
  const dispatch = createDispatch({
    lanes: (drain) =>
      new MemoryQueue({
        drain,
        clock,
        concurrency: 2 * LANES_AT_ONCE,
        groupOf: (lane) => lane.slice(0, lane.indexOf(":")),
        groupConcurrency: LANES_AT_ONCE,
        onError: (lane, error) => onError(`lane ${lane} stopped; it is tried again`, error),
        retryMs: 1_000,
      }),
    tenant: defaultTenant,
    store,
    clock,
    random: Math.random,
    newId,
    listen: (listener) => feed.listen(listener),
    observer: {
      attempted: () => {},
      told: (subscription, what, detail) => log.warn({ subscription, what }, `subscription ${what}: ${detail}`),
    },
    onError,
    allowPrivate,
    schedule: { ...defaultSchedule, delaysMs: retryDelaysMs },
  });
  dispatch.repliers.configure(config.replies);
  const mailboxes = new Mailboxes({
    store,
    onEvents: ({ tenant, name }, events, raw) => reception.store({ tenant, platform: "email", name }, events, raw),
    async watch({ settings, state, onMail, onHealth }) {
      const { watchMailbox } = await import("./platforms/email/imap.ts");
      return watchMailbox({
        account: settings as MailboxAccount,
        state: state as MailboxStatePort,
        onMail,
        clock,
        log,
        onHappening: (happening) => {
          onHealth(happening.kind === "watching" ? "watching" : `disconnected: ${happening.trouble.message}`);
        },
      });
    },
  });
  const streams = new StreamSupervisor({
    streamers,
    leases: store,
    owner,
    http,
    clock,
    random: Math.random,
    log,
    onFrame: (account, frame) => reception.hear(account, frame),
  });
  const mailboxesOf = ({ receivingAccounts }: Config): Mailbox[] =>
    receivingAccounts
      .filter(({ platform }) => platform === "email")
      .map(({ name, settings }) => ({ tenant: defaultTenant, name, settings }));

  const stream = eventStreamEndpoint({ tenant: defaultTenant, events: store, listen: (heard) => feed.listen(heard) });
  const accountStatus = (): AccountStatus[] => [
    ...accounts.all().map((account) => ({
      platform: account.platform,
      name: account.name,
      callbackPath: `/callbacks/${account.tenant}/${account.platform}/${account.name}`,
      ...counts.health(account.platform, account.name),
      connection: connectionText(streams.health(account)),
    })),
    ...mailboxesOf(config).map(({ name }) => ({
      platform: "email",
      name,
      ...counts.health("email", name),
      connection: mailboxes.health(name),
    })),
  ];
  return {
    endpoints: [
      ...callbackEndpoints({ tenant: defaultTenant, reception }),
      ...eventEndpoints({ tenant: defaultTenant, events: store }),
      stream,
      ...messageEndpoints({
        tenant: defaultTenant,
        messages: new Tracker(store),
        platforms: known.platforms,
        // Robots give no message id, apps do.
        knowable: ({ platform, messageId }) =>
          knowableOf(trackings.get(platform), messageId === undefined ? "robot" : "app"),
      }),
      ...subscriptionEndpoints({ subscriptions: dispatch.subscriptions, allowPrivate, now: clock.now }),
      ...handlerEndpoints({ handlers: dispatch.handlers, repliers: dispatch.repliers }),
      ...asking.endpoints,
      statusEndpoint({
        status: async () => ({
          accounts: accountStatus(),
          waiting: waiting(),
          events: await store.eventCounts(defaultTenant),
          counts: { accounts: accounts.all().length },
        }),
        version,
        startedAt,
        now: clock.now,
      }),
    ],
    handlers: dispatch.handlers,
    reception,
    account: (place) => accounts.at(place),
    repliers: dispatch.repliers,
    render: () => counts.render(),
    async start() {
      await dispatch.start();
      await asking.configure(config);
      await asking.start();
      await mailboxes.configure(mailboxesOf(config));
      await streams.configure(accounts.all());
    },
    async configure(next) {
      config = next;
      accounts = accountsOf(next);
      dispatch.repliers.configure(next.replies);
      await asking.configure(next);
      await mailboxes.configure(mailboxesOf(next));
      await streams.configure(accounts.all());
    },
    async stop() {
      stream.closeAll();
      replies.stop();
      await Promise.all([dispatch.stop(), mailboxes.stop(), streams.stop(), asking.stop()]);
    },
  };
}

function connectionText(health: StreamHealth | undefined): string | undefined {
  if (!health) return undefined;
  const { state, lastError } = health;
  return lastError === undefined || state === "connected" ? state : `${state}: ${lastError}`;
}
