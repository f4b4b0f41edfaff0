import { constants } from "node:fs";
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { accepted, type Receipt } from "../../model/receipt.ts";
import { cleanLine, cleanText } from "./clean-text.ts";
import { systemError } from "./errors.ts";
import { levelNames } from "./level.ts";
import { localStamp, localTime } from "./local-time.ts";
import type { Notice } from "./notice.ts";

/**
 * Writes notices to `system_notify_YYYYMMDD_hhmmss.txt`, named by local time; the second one of the same second
 * gets `_2`. A file that exists is never touched, and a notice is on the disk when its write resolves.
 */
export class NoticeFiles {
  readonly #directory: string;
  /** Where to go on in the current second, so that a burst does not try every name before its own. */
  #stamp = "";
  #number = 1;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async write(notice: Notice, nowMs: number): Promise<Receipt> {
    try {
      await mkdir(this.#directory, { recursive: true });
      const { path, file } = await this.#claim(localStamp(nowMs));
      try {
        await file.writeFile(fileText(notice, nowMs));
        await file.sync();
      } catch (error) {
        // Half a notice under a name that promises a whole one is worse than none; it will be tried again.
        await unlink(path).catch(() => {});
        throw error;
      } finally {
        await file.close();
      }
      await syncDirectory(this.#directory);
      return accepted;
    } catch (error) {
      return systemError("file", error);
    }
  }

  async #claim(stamp: string): Promise<{ path: string; file: FileHandle }> {
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#number = 1;
    }
    for (let tries = 0; tries < TRIES; tries++) {
      const number = this.#number++;
      const name = `system_notify_${stamp}${number === 1 ? "" : `_${number}`}.txt`;
      const path = join(this.#directory, name);
      try {
        return { path, file: await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL) };
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
    }
    throw Object.assign(new Error(`no free name for system_notify_${stamp} after ${TRIES} tries`), { code: "EEXIST" });
  }
}

/** Names of one second that another process may have taken before we give up; the error is retried. */
const TRIES = 10_000;

function fileText(notice: Notice, nowMs: number): string {
  const rule = "=".repeat(60);
  return [
    rule,
    `系统通知 [${levelNames[notice.level]}]`,
    rule,
    `标题: ${cleanLine(notice.title)}`,
    `级别: ${notice.level}`,
    `样式: ${notice.style}`,
    `任务: ${notice.taskId}`,
    `策略: ${notice.strategy}`,
    `原因: ${cleanText(notice.reason)}`,
    `推送时间: ${localTime(notice.createdAt)}`,
    `通知时间: ${localTime(nowMs)}`,
    rule,
    cleanText(notice.message),
    rule,
    "",
  ].join("\n");
}

/** A new name is only safe once its folder is; file systems that cannot sync a folder do it by themselves. */
async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, constants.O_RDONLY).catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
