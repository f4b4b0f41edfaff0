import { createCipheriv } from "node:crypto";
import type { Call } from "../stand-in.ts";
import type { ApiReply } from "./api-reply.ts";
import type { ApiState } from "./api-state.ts";

const filesPath = "/download/wecom-robot/";

/**
 * Files that people send to an intelligent robot: an address that needs no token, and behind it bytes that are
 * encrypted as callbacks are. https://developer.work.weixin.qq.com/document/path/100719
 */
export function answerRobotFile(state: ApiState, { method, path }: Call): ApiReply | undefined {
  if (method !== "GET" || !path.startsWith(filesPath)) return undefined;
  const file = state.file("wecom", decodeURIComponent(path.slice(filesPath.length)));
  if (!file) return { status: 404, contentType: "application/xml", body: "<Error/>" };
  return { status: 200, contentType: "application/octet-stream", body: file.bytes };
}

/** The path of a robot's file. */
export function robotFilePath(ref: string): string {
  return filesPath + encodeURIComponent(ref);
}

/** @param encodingAesKey 43 characters. */
export function sealedFile(bytes: Uint8Array, encodingAesKey: string): Uint8Array {
  const key = Buffer.from(`${encodingAesKey}=`, "base64");
  const padding = 32 - (bytes.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc(padding, padding)), cipher.final()]);
}
