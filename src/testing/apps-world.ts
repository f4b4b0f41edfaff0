import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Attachment, ReceivedMessage } from "../model/event-data.ts";
import { uuidv7 } from "../model/uuid.ts";
import { apps } from "../platforms/apps.ts";
import { receivers } from "../platforms/receivers.ts";
import { ReceivingAccounts } from "../receive/accounts.ts";
import { createAppHttp } from "../receive/app-http.ts";
import { Media } from "../receive/media.ts";
import { BlobFolder } from "../receive/media-blobs.ts";
import { StatusPolling } from "../receive/polling.ts";
import { Reception } from "../receive/reception.ts";
import { AppTokens } from "../receive/tokens.ts";
import { robotFilePath, sealedFile } from "../sandbox/apis/wecom-robot-files.ts";
import { createSandbox, type Sandbox } from "../sandbox/server.ts";
import type { Store } from "../store/store.ts";
import { type TestClock, testClock } from "./clock.ts";
import { sqliteWorld } from "./sqlite-world.ts";

/** 43 characters; not anybody's. */
export const robotKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

export interface AppsWorld {
  readonly clock: TestClock;
  readonly sandbox: Sandbox;
  readonly store: Store;
  /** The data folder. */
  readonly folder: string;
  readonly tokens: AppTokens;
  readonly accounts: ReceivingAccounts;
  readonly reception: Reception;
  readonly blobs: BlobFolder;
  readonly polling: StatusPolling;
  readonly media: Media;
  /** What was given up, and what went wrong. */
  readonly told: string[];
  /** Another process with the same store. */
  otherTokens(owner: string): AppTokens;
  /** Another media room over the same store and folder, as after a restart. */
  otherMedia(): Media;
  /** A file that somebody sent to a robot, encrypted with this key; answers its address. */
  sealRobotFile(ref: string, bytes: Uint8Array, key: string): string;
  /** Someone writes; answers the Event's id. */
  write(platform: string, attachments: readonly Attachment[], more?: Written): Promise<string>;
  /** Turns the event loop until there is an answer. */
  until<T>(ask: () => Promise<T | undefined | false>): Promise<T>;
}

interface Written {
  readonly account?: string;
  readonly messageId?: string;
  readonly raw?: string;
}

export interface AppsWorldOptions {
  readonly fileBytes?: number;
  readonly totalBytes?: number;
  readonly retentionMs?: number;
}

/** The platforms' APIs over HTTP, a real store, and time that a test moves. */
export async function appsWorld(options: AppsWorldOptions = {}): Promise<AppsWorld> {
  const clock = testClock();
  const sandbox = createSandbox({ now: clock.now });
  await sandbox.listen();
  const stored = await sqliteWorld();
  const { store } = stored;
  const http = createAppHttp();
  const accounts = new ReceivingAccounts(accountsAt(sandbox.url));
  const tokensOf = (owner: string) => new AppTokens({ store, http, clock, owner });
  const tokens = tokensOf("one");
  const told: string[] = [];
  const onError = (what: string, error: unknown) => told.push(`${what}: ${String(error)}`);
  let made = 0;
  const newId = (now: number) => uuidv7(now, Buffer.alloc(10, ++made % 256));
  const rooms: Media[] = [];
  const reception = new Reception({
    store,
    accounts: () => accounts,
    observer: { received() {}, refused() {}, unknownAccount() {} },
    now: clock.now,
    newId,
    onStored: (arrived) => {
      for (const room of rooms) room.heard(arrived);
    },
  });
  const blobs = new BlobFolder(join(stored.folder, "blobs"));
  const common = { tenant: "default", store, accounts: () => accounts, apps, tokens, clock, onError };
  const otherMedia = (): Media => {
    const limits = () => ({ fileBytes: 1_000_000, totalBytes: 10_000_000, ...options });
    const onLost = (_event: unknown, n: number, error: string) => told.push(`lost ${n}: ${error}`);
    const media = new Media({ ...common, blobs, random: () => 0, limits, onLost });
    rooms.push(media);
    return media;
  };
  const polling = new StatusPolling({
    ...common,
    reception,
    onGivenUp: ({ messageId }, error) => told.push(`gave up ${messageId}: ${error}`),
  });
  const media = otherMedia();
  onTestFinished(async () => {
    await http.close();
    await Promise.all([polling.stop(), ...rooms.map((room) => room.stop())]);
    await sandbox.close();
    await stored.remove();
  });
  return {
    clock,
    sandbox,
    store,
    folder: stored.folder,
    tokens,
    accounts,
    reception,
    blobs,
    polling,
    media,
    told,
    otherTokens: tokensOf,
    otherMedia,
    sealRobotFile(ref, bytes, key) {
      const contentType = "application/octet-stream";
      sandbox.apis.keepFile({ platform: "wecom", ref, bytes: sealedFile(bytes, key), contentType });
      return sandbox.url + robotFilePath(ref);
    },
    async write(platform, attachments, { account = "main", messageId = `m${++made}`, raw = "{}" } = {}) {
      const data: ReceivedMessage = {
        messageId,
        kind: "file",
        chat: { id: "c", kind: "direct" },
        sender: { id: "u" },
        text: "",
        mentions: [],
        attachments,
      };
      const event = { type: "yizhan.message.received", at: clock.now(), key: messageId, data } as const;
      await reception.store({ tenant: "default", platform, name: account }, [event], raw);
      const [newest] = await store.events("default", {}, { limit: 1 });
      if (!newest) throw new Error("nothing was stored");
      return newest.event.id;
    },
    async until(ask) {
      const deadline = Date.now() + 10_000;
      for (;;) {
        const answer = await ask();
        if (answer !== undefined && answer !== false) return answer;
        if (Date.now() > deadline) throw new Error(`it did not happen in time; told: ${told.join("; ")}`);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
  };
}

function accountsAt(base_url: string) {
  const accounts: [platform: string, name: string, settings: unknown][] = [
    ["wecom", "main", { corp_id: "ww1", secret: "wecom-secret", token: "Token", encoding_aes_key: robotKey, base_url }],
    ["wecom", "bare", { corp_id: "ww2", token: "Token", encoding_aes_key: robotKey, base_url }],
    [
      "wecom",
      "robot",
      { kind: "bot", token: "Token", encoding_aes_key: robotKey, stream_url: base_url.replace("http", "ws") },
    ],
    ["wechat-official", "main", { app_id: "wx1", secret: "official-secret", token: "Token", mode: "plain", base_url }],
    ["feishu", "main", { app_id: "cli_1", app_secret: "feishu-secret", verification_token: "v", base_url }],
    ["dingtalk", "main", { client_id: "ding1", client_secret: "dingtalk-secret", base_url }],
  ];
  return accounts.map(([platform, name, settings]) => {
    const receiver = receivers.get(platform);
    if (!receiver) throw new Error(`no receiver for ${platform}`);
    return { tenant: "default", platform, name, receiver, settings: receiver.account.parse(settings) };
  });
}
