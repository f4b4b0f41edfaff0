import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Event } from "../model/event.ts";
import type { AttachmentStore, EventStore, FetchedFile } from "../store/store.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";

export interface AttachmentOptions {
  readonly tenant: string;
  readonly store: Pick<AttachmentStore, "attachment"> & Pick<EventStore, "event">;
  /** The files themselves, by their content. */
  readonly blobs: { read(sha256: string): Readable };
}

/** `GET /api/v1/events/{id}/attachments/{n}`: the files that came with messages. */
export function attachmentEndpoints(options: AttachmentOptions): Endpoint[] {
  return [{ method: "GET", path: "/api/v1/events/:id/attachments/:n", doc, handle: handler(options) }];
}

function handler({ tenant, store, blobs }: AttachmentOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { id, n } = request.params as { id: string; n: string };
    const found = await store.event(tenant, id);
    if (!found) {
      answer(reply, 404, "事件不存在", { id });
      return;
    }
    const count = filesOf(found.event);
    if (!/^\d{1,4}$/.test(n) || Number(n) >= count) {
      const error = count === 0 ? "该事件没有附件" : `该事件有${count}个附件，n应为0到${count - 1}`;
      answer(reply, 404, "附件不存在", { error });
      return;
    }
    const file = await store.attachment(tenant, id, Number(n));
    if (!file) answer(reply, 404, "附件尚未下载", { state: "waiting", error: "附件还在下载，请稍后重试" });
    else if (file.kind === "failed") answer(reply, 404, "附件未能下载", { state: "failed", error: file.error });
    else await sendFile(reply, file, blobs.read(file.sha256));
  };
}

/**
 * Whatever somebody sent is saved, never shown: a page of theirs must not run where the API's key is used. The type is
 * what the platform said, if that is one.
 */
async function sendFile(reply: FastifyReply, { sha256, bytes, contentType, name }: FetchedFile, content: Readable) {
  try {
    await opened(content);
  } catch {
    answer(reply, 404, "附件未能下载", { state: "failed", error: "附件文件已不在数据目录中" });
    return;
  }
  reply
    .header("content-type", typeOf(contentType))
    .header("content-length", bytes)
    .header("content-disposition", dispositionOf(name ?? sha256.slice(0, 16)))
    .header("x-content-type-options", "nosniff")
    .header("content-security-policy", "sandbox; default-src 'none'")
    .header("cache-control", "private, no-store")
    .header("etag", `"${sha256}"`)
    .send(content);
  // A client that leaves ends it early.
  await finished(content).catch(() => {});
}

function opened(content: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    content.once("open", () => resolve());
    content.once("error", reject);
  });
}

function filesOf(event: Event): number {
  return event.type === "yizhan.message.received"
    ? (event as Event<"yizhan.message.received">).data.attachments.length
    : 0;
}

function typeOf(contentType: string | undefined): string {
  const isType =
    contentType !== undefined && /^[\w.+-]{1,100}\/[\w.+-]{1,100}(;\s*charset=[\w-]{1,40})?$/i.test(contentType);
  return isType ? contentType : "application/octet-stream";
}

/** The name twice: in ASCII for who knows no better, in UTF-8 for the others (RFC 6266, RFC 5987). */
export function dispositionOf(name: string): string {
  // Of a path only its end; nothing that a header or a file name cannot have.
  const last = name.toWellFormed().split(/[\\/]/).at(-1) ?? "";
  const safe =
    last
      .replace(/[\p{Cc}\p{Cf}]/gu, "")
      .slice(0, 200)
      .toWellFormed() || "file";
  const ascii = safe.replace(/[^\x20-\x7e]|["%;]/g, "_");
  const extended = encodeURIComponent(safe).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`;
}

const doc = {
  operationId: "getAttachment",
  summary: "消息附件 | A file that came with a message",
  description:
    "文件在事件入库后下载；下载完成前应答 404，state 为 waiting。| Fetched after the event was stored; until then 404 with state waiting.",
  parameters: [
    { name: "id", in: "path", schema: z.string(), description: "事件 ID | Event id" },
    { name: "n", in: "path", schema: z.int().nonnegative(), description: "第几个附件，从 0 起 | Which, from 0" },
  ],
  answers: [
    { status: 200, message: "文件内容", bare: true, type: "application/octet-stream" },
    {
      status: 404,
      message: "附件不存在",
      data: z.object({
        id: z.string().optional(),
        state: z.enum(["waiting", "failed"]).optional(),
        error: z.string().optional(),
      }),
    },
  ],
} as const satisfies Endpoint["doc"];
