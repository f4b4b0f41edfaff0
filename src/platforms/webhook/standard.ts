import { createHmac, createSecretKey } from "node:crypto";
import { headerOf } from "../callback-parts.ts";
import { sameBytes } from "../constant-time.ts";
import type { CallbackRequest, Refusal } from "../receiving.ts";

/** What a verified call of Standard Webhooks says of itself. */
export interface StandardCall {
  /** The same for every attempt at the same message. */
  readonly id: string;
  /** When this attempt was made. Epoch milliseconds. */
  readonly attemptedAt: number;
}

/** How far the sender's clock may be off, and how old a call may be: what the specification's libraries use. */
const TOLERANCE_MS = 5 * 60_000;

/** A list longer than this is nobody's rotation. */
const SIGNATURES = 16;

/**
 * Standard Webhooks 1.0.0, symmetric signatures
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). Svix signs alike
 * under its own header names (https://docs.svix.com/receiving/verifying-payloads/how-manual).
 *
 * @param secrets As `isStandardSecret` takes them.
 */
export function verifyStandard(
  request: CallbackRequest,
  secrets: readonly string[],
  nowMs: number,
): StandardCall | Refusal {
  const family = headerOf(request, "webhook-id") === undefined ? "svix" : "webhook";
  const id = headerOf(request, `${family}-id`);
  const timestamp = headerOf(request, `${family}-timestamp`);
  const signatures = headerOf(request, `${family}-signature`);
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return {
      reason: "signature",
      advice: "缺少请求头webhook-id、webhook-timestamp或webhook-signature：请确认对方按Standard Webhooks签名",
    };
  }
  // What is signed is joined with full stops: with one in the id, another call could be cut from the same signature.
  if (!/^[^\s.]{1,256}$/.test(id)) {
    return { reason: "malformed", advice: "webhook-id应为1至256个字符，不含空白与句点" };
  }
  if (!/^\d{1,12}$/.test(timestamp)) {
    return { reason: "malformed", advice: "webhook-timestamp应为Unix时间（秒）" };
  }
  const given = signatures.split(" ", SIGNATURES);
  if (!anyMatches(given, secrets, signedPart(id, timestamp), request.body)) {
    const asymmetricOnly = given.every((signature) => signature.startsWith("v1a,"));
    return {
      reason: "signature",
      advice: asymmetricOnly
        ? "只有非对称签名（v1a），尚不支持：请让对方使用对称密钥（whsec_）签名"
        : "签名不匹配：请检查secrets是否为对方当前显示的whsec_密钥，以及中间的代理是否改动了请求体",
    };
  }
  const attemptedAt = Number(timestamp) * 1000;
  if (Math.abs(nowMs - attemptedAt) > TOLERANCE_MS) {
    return {
      reason: "stale",
      advice: `签名有效，但webhook-timestamp与本机时间相差${Math.round(Math.abs(nowMs - attemptedAt) / 1000)}秒，最多300秒：请校准两端时钟；若非重放，请让对方重试时更新时间戳`,
    };
  }
  return { id, attemptedAt };
}

/**
 * The value of `webhook-signature`.
 *
 * @param timestamp Seconds since the epoch.
 * @param secret As `isStandardSecret` takes it.
 */
export function standardSignature(id: string, timestamp: number, body: Uint8Array, secret: string): string {
  // Given the bytes instead of a key object, Node takes five times as long.
  const signed = createHmac("sha256", createSecretKey(keyOf(secret)))
    .update(signedPart(id, String(timestamp)))
    .update(body);
  return `v1,${signed.digest("base64")}`;
}

/** `whsec_` and the base64 of 24 to 64 bytes. */
export function isStandardSecret(text: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const { length } = keyOf(text);
  return length >= 24 && length <= 64;
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice("whsec_".length), "base64");
}

function signedPart(id: string, timestamp: string): string {
  return `${id}.${timestamp}.`;
}

/** Tries every pair: which secret or signature was the right one is not to be read from the time it took. */
function anyMatches(given: readonly string[], secrets: readonly string[], head: string, body: Uint8Array): boolean {
  const candidates = given.flatMap((text) => (text.startsWith("v1,") ? [Buffer.from(text.slice(3), "base64")] : []));
  let matched = false;
  for (const secret of secrets) {
    const expected = createHmac("sha256", createSecretKey(keyOf(secret)))
      .update(head)
      .update(body)
      .digest();
    for (const candidate of candidates) matched = sameBytes(candidate, expected) || matched;
  }
  return matched;
}
