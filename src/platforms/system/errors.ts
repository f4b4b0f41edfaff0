import { type Receipt, refused } from "../../model/receipt.ts";
import { type ErrorRow, type ErrorTable, errorOf } from "../definition.ts";

const errno = "https://man7.org/linux/man-pages/man3/errno.3.html";
const disk = (meaning: string, advice: string): ErrorRow => ({ kind: "unavailable", meaning, advice, source: errno });

/**
 * What can keep a system notification from being written. Nothing here is for good: a disk is made room on, a
 * permission is given, a collector comes back, and the notice is the last one that anybody gets.
 */
export const systemErrors: ErrorTable = {
  ENOSPC: disk("no space left on the disk", "请清理通知目录所在磁盘"),
  EDQUOT: disk("disk quota exceeded", "请清理通知目录或提高磁盘配额"),
  EACCES: disk("the folder may not be written to", "请授予服务对通知目录的写权限"),
  EPERM: disk("the operation is not permitted", "请授予服务对通知目录的写权限"),
  EROFS: disk("the file system is read-only", "请将通知目录放到可写的文件系统"),
  ENOTDIR: disk("part of the folder's path is a file", "请检查通知目录的路径"),
  EEXIST: disk("a file has the folder's name, or every file name of this second is taken", "请检查通知目录的路径"),
  EMFILE: disk("too many open files", "请提高进程可打开的文件数"),
  EIO: disk("the disk failed", "请检查磁盘"),
  EMSGSIZE: disk("the datagram is too long for the network", "请改用 syslog+tcp://"),
  ECONNREFUSED: disk("nobody listens at the collector's port", "请检查 syslog 服务器是否运行"),
  ENOTFOUND: disk("the collector's name is unknown", "请检查 syslog 服务器的主机名"),
  timeout: disk("the collector did not take the message in time", "请检查 syslog 服务器与网络"),
  file: disk("the file could not be written", "请检查通知目录"),
  syslog: disk("the collector could not be reached", "请检查 syslog 服务器与网络"),
  console: disk("standard output could not be written", "请检查服务的标准输出"),
  inbox: disk("the inbox could not be written", "请检查存储"),
};

/** The Receipt of a thrown error: by its system code where the table knows that, else by where it happened. */
export function systemError(place: "file" | "syslog" | "console" | "inbox", error: unknown): Receipt {
  const known = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : place;
  const code = known in systemErrors ? known : place;
  const message = error instanceof Error ? error.message : String(error);
  return refused(errorOf(systemErrors, code, message));
}
