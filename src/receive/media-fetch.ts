import { backoffMs, type RetryPolicy } from "../model/backoff.ts";
import type { Event } from "../model/event.ts";
import type { PlatformError } from "../model/platform-error.ts";
import { describe } from "../model/platform-error.ts";
import { type App, AppFailure } from "../platforms/app-calls.ts";
import { failureOf, HttpFailure } from "../platforms/http.ts";
import type { AttachmentStore, EventStore, Job } from "../store/store.ts";
import type { Place } from "./accounts.ts";
import type { JobClock, JobOutcome } from "./job-lane.ts";
import { type BlobFolder, BlobTooLong } from "./media-blobs.ts";
import type { AppTokens, CallingAccount } from "./tokens.ts";

export interface MediaFetchOptions {
  readonly tenant: string;
  readonly store: AttachmentStore & Pick<EventStore, "event" | "rawOf">;
  /** Also those that the hub asks by itself, such as mailboxes. */
  readonly accounts: () => { at(place: Place): CallingAccount | undefined };
  readonly apps: ReadonlyMap<string, App>;
  readonly tokens: AppTokens;
  readonly blobs: BlobFolder;
  readonly clock: JobClock;
  /** In [0, 1). */
  readonly random: () => number;
  /** As they are at the moment: a reload changes them. */
  readonly limits: () => MediaLimits;
  /** Told of each file that will not come. `error` holds no secret. */
  readonly onLost: (event: Event, n: number, error: string) => void;
}

export interface MediaLimits {
  /** Largest file. */
  readonly fileBytes: number;
  /** All files together, each content once. */
  readonly totalBytes: number;
  /** How long a file is kept after it was fetched; absent: as long as its Event. Milliseconds. */
  readonly retentionMs?: number | undefined;
}

/** Which file of which Event. */
export interface MediaJob {
  readonly event: string;
  readonly n: number;
}

/** A download may take this long. */
export const mediaTimeoutMs = 120_000;

const retry: RetryPolicy = { attempts: 10, initialDelayMs: 5_000, maxDelayMs: 900_000, jitter: 0.2 };
/** Platforms keep files for three days: waiting longer for room, or for a limit to pass, is in vain. */
const longestWaitMs = 3 * 24 * 3_600_000;
const noRoomMs = 3_600_000;

/** Fetches one file, and says what to do when it did not come. */
export async function fetchMedia(job: Job, options: MediaFetchOptions): Promise<JobOutcome> {
  const { tenant, store, clock } = options;
  const { event: id, n } = job.data as MediaJob;
  const found = await store.event(tenant, id);
  if (!found || (await store.attachment(tenant, id, n))) return { kind: "done" };
  const failure = await fetched(found.event, n, options);
  if (!failure) return { kind: "done" };
  const later = laterOf(failure, job, options);
  if (later) return later;
  const error = describe(failure);
  await store.saveAttachment(id, n, { kind: "failed", error }, clock.now());
  options.onLost(found.event, n, error);
  return { kind: "done" };
}

async function fetched(event: Event, n: number, options: MediaFetchOptions): Promise<PlatformError | undefined> {
  const { tenant, store, accounts, apps, tokens, blobs, clock } = options;
  const { fileBytes, totalBytes } = options.limits();
  const { platform, account: name, data } = event as Event<"yizhan.message.received">;
  const account = accounts().at({ tenant, platform, account: name });
  const app = apps.get(platform);
  const attachment = data.attachments[n];
  if (!account || !app?.file || !attachment) return gone;
  const left = totalBytes - (await store.attachmentBytes());
  if (left <= 0) return full;
  try {
    const call = tokens.callFor(account, app, mediaTimeoutMs);
    const wanted = { attachment, messageId: data.messageId, raw: () => store.rawOf(tenant, event.id) };
    const file = await app.file(wanted, call);
    const { sha256, bytes } = await blobs.write(file.chunks, Math.min(fileBytes, left));
    const kept = { kind: "fetched", sha256, bytes, contentType: file.contentType, name: attachment.name ?? file.name };
    await store.saveAttachment(event.id, n, kept as typeof kept & { kind: "fetched" }, clock.now());
    return undefined;
  } catch (error) {
    if (error instanceof AppFailure) return error.error;
    if (error instanceof HttpFailure) return failureOf(error);
    if (error instanceof BlobTooLong) return left < fileBytes ? full : tooLong(fileBytes);
    throw error;
  }
}

function laterOf(error: PlatformError, job: Job, { clock, random }: MediaFetchOptions): JobOutcome | undefined {
  const now = clock.now();
  const { attempts, createdAt } = job;
  const words = describe(error);
  if (error.kind === "rate-limited") {
    if (now - createdAt > longestWaitMs) return undefined;
    return { kind: "later", dueAt: now + (error.retryAfterMs ?? 60_000), attempts, error: words };
  }
  if (error.kind !== "unavailable" || attempts + 1 >= retry.attempts) return undefined;
  const wait = Math.max(backoffMs(retry, attempts + 1, random()), error.retryAfterMs ?? 0);
  return { kind: "later", dueAt: now + wait, attempts: attempts + 1, error: words };
}

const gone: PlatformError = {
  kind: "rejected",
  code: "account",
  message: "the account or the file is no longer known",
  advice: "账号已不在配置中，文件未下载",
};

/** Waits like for a limit: rows that are deleted make room. */
const full: PlatformError = {
  kind: "rate-limited",
  code: "file-room",
  message: "the folder of received files is full",
  advice: "接收文件的总空间已用完：请调大上限或缩短保留时间",
  retryAfterMs: noRoomMs,
};

/** What stands in the place of a file that was kept as long as it should be. */
export const tooOld: PlatformError = {
  kind: "rejected",
  code: "file-old",
  message: "the file is no longer kept",
  advice: "附件已超过保留天数，已删除",
};

function tooLong(bytes: number): PlatformError {
  const message = `the file is larger than ${bytes} bytes`;
  return { kind: "rejected", code: "file-size", message, advice: "文件超过大小上限，未保存" };
}
