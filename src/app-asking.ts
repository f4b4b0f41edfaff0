import { join, resolve } from "node:path";
import type { Config } from "./config/config.ts";
import { followingPublished } from "./config/receiving.ts";
import { attachmentEndpoints } from "./http/attachments.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { watchEndpoints } from "./http/watch.ts";
import { defaultTenant } from "./model/recipient.ts";
import { apps } from "./platforms/apps.ts";
import { mailboxFiles } from "./platforms/email/imap-file.ts";
import type { Clock } from "./queue/clock.ts";
import type { Place, ReceivingAccounts } from "./receive/accounts.ts";
import { AddressRefresh } from "./receive/address-refresh.ts";
import type { AddressList } from "./receive/addresses.ts";
import { createAppHttp } from "./receive/app-http.ts";
import { Media } from "./receive/media.ts";
import { BlobFolder } from "./receive/media-blobs.ts";
import { StatusPolling } from "./receive/polling.ts";
import type { ArrivedEvent, Reception } from "./receive/reception.ts";
import { AppTokens } from "./receive/tokens.ts";
import type { Store } from "./store/store.ts";

export interface AskingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly cwd: string;
  /** Tells this process from others that share the store. */
  readonly owner: string;
  readonly accounts: () => ReceivingAccounts;
  readonly reception: () => Pick<Reception, "store">;
  readonly log: { warn(fields: object, text: string): void };
  readonly onError: (what: string, error: unknown) => void;
}

/** What the hub asks of platforms by itself: files of messages, what became of messages, where callbacks come from. */
export interface Asking {
  readonly endpoints: readonly Endpoint[];
  readonly heard: (arrived: readonly ArrivedEvent[]) => void;
  published(place: Place): AddressList;
  configure(config: Config): Promise<void>;
  /** @throws StoreError */
  start(): Promise<void>;
  /** Harmless to repeat. */
  stop(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;

export function composeAsking(initial: Config, options: AskingOptions): Asking {
  let config = initial;
  const { store, clock, cwd, owner, accounts, reception, log, onError } = options;
  const stopping = new AbortController();
  const http = createAppHttp();
  const tokens = new AppTokens({ store, http, clock, owner });
  const shared = { store, clock, accounts, apps, tokens, onError };
  const blobs = new BlobFolder(join(resolve(cwd, config.store.directory), "blobs"));
  const media = new Media({
    ...shared,
    apps: new Map([...apps, ["email", mailboxFiles(stopping.signal)]]),
    accounts: () => ({ at: (place) => accounts().at(place) ?? configured(config, place) }),
    tenant: defaultTenant,
    blobs,
    random: Math.random,
    limits() {
      const { retentionDays, ...limits } = config.media;
      return { ...limits, retentionMs: retentionDays === undefined ? undefined : retentionDays * DAY_MS };
    },
    onLost: ({ id }, n, error) => log.warn({ event: id, attachment: n, error }, "a file could not be fetched"),
  });
  const polling = new StatusPolling({
    ...shared,
    reception: { store: (...told) => reception().store(...told) },
    onGivenUp: ({ platform, account, messageId }, error) =>
      log.warn({ platform, account, messageId, error }, "what became of a message is not asked for any more"),
  });
  const addresses = new AddressRefresh({
    ...shared,
    onFailure: ({ platform, account }, error) =>
      log.warn({ platform, account, error }, "the platform's addresses could not be asked for; tried again"),
  });
  return {
    endpoints: [
      ...attachmentEndpoints({ tenant: defaultTenant, store, blobs }),
      ...watchEndpoints({ tenant: defaultTenant, watch: (...asked) => polling.watch(...asked) }),
    ],
    heard: media.heard,
    published: (place) => addresses.listOf(place),
    configure(next) {
      config = next;
      return addresses.configure(followingPublished(next));
    },
    async start() {
      await media.start();
      polling.start();
      addresses.start();
    },
    async stop() {
      // In this order a download that is broken off does not count as a failed attempt.
      const stopped = Promise.all([media.stop(), polling.stop(), addresses.stop()]);
      stopping.abort();
      await http.close();
      await stopped;
    },
  };
}

/** An account that nobody calls about. */
function configured({ receivingAccounts }: Config, { platform, account }: Place) {
  return receivingAccounts.find((each) => each.platform === platform && each.name === account);
}
