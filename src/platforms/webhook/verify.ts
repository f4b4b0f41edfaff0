import { createHmac } from "node:crypto";
import { headerOf } from "../callback-parts.ts";
import { sameBytes, sameSecret } from "../constant-time.ts";
import type { CallbackRequest, Refusal } from "../receiving.ts";
import type { Verification } from "./account.ts";
import { type StandardCall, verifyStandard } from "./standard.ts";

/** Who called is proven; Standard Webhooks also say which message it is and when it was sent. */
export type Verified = { readonly reason?: undefined } & Partial<StandardCall>;

type Rule<Scheme> = Extract<Verification, { scheme: Scheme }>;

/** Looks at the bytes as they came: nothing is unpacked or parsed for somebody unknown. */
export function verifyCall(request: CallbackRequest, rule: Verification, nowMs: number): Verified | Refusal {
  switch (rule.scheme) {
    case "standard":
      return verifyStandard(request, rule.secrets, nowMs);
    case "hmac":
      return verifyHmac(request, rule);
    case "basic":
      return verifyBasic(request, rule);
    case "key":
      return verifyKey(request, rule);
  }
}

function verifyHmac(request: CallbackRequest, rule: Rule<"hmac">): Verified | Refusal {
  const header = headerOf(request, rule.header.toLowerCase());
  if (header === undefined) {
    return signature(`缺少请求头${rule.header}：请确认对方已设置密钥，且header填写正确`);
  }
  if (!header.startsWith(rule.prefix)) return signature(`请求头${rule.header}应以prefix“${rule.prefix}”开头`);
  const given = Buffer.from(header.slice(rule.prefix.length).trim(), rule.encoding);
  let matched = false;
  for (const secret of [rule.secret, rule.old_secret ?? rule.secret]) {
    const expected = createHmac(rule.algorithm, secret).update(request.body).digest();
    matched = sameBytes(given, expected) || matched;
  }
  if (matched) return {};
  return signature(
    `签名不匹配：请检查secret、algorithm（${rule.algorithm}）与encoding（${rule.encoding}），以及中间的代理是否改动了请求体`,
  );
}

/** RFC 7617. */
function verifyBasic(request: CallbackRequest, rule: Rule<"basic">): Verified | Refusal {
  const encoded = /^basic +(\S+)\s*$/i.exec(headerOf(request, "authorization") ?? "")?.[1];
  if (encoded === undefined) return signature("缺少请求头Authorization: Basic …：请在对方处填写用户名与密码");
  const given = Buffer.from(encoded, "base64").toString("utf8");
  if (sameSecret(given, `${rule.user}:${rule.password}`)) return {};
  return signature("用户名或密码不正确：请检查user与password");
}

function verifyKey(request: CallbackRequest, rule: Rule<"key">): Verified | Refusal {
  const given = keyIn(request, rule);
  if (given === undefined) return signature(`请求没有带密钥：应在${placeOf(rule)}`);
  const matchesNew = sameSecret(given, rule.key);
  const matchesOld = sameSecret(given, rule.old_key ?? rule.key);
  return matchesNew || matchesOld ? {} : signature(`密钥不正确：请检查key与对方${placeOf(rule)}的值`);
}

function keyIn(request: CallbackRequest, rule: Rule<"key">): string | undefined {
  if (rule.in === "query") return request.query.get(rule.name ?? "") ?? undefined;
  if (rule.in === "header") return headerOf(request, (rule.name ?? "").toLowerCase());
  return /^bearer +(\S+)\s*$/i.exec(headerOf(request, "authorization") ?? "")?.[1];
}

function placeOf(rule: Rule<"key">): string {
  if (rule.in === "query") return `查询参数${rule.name}`;
  return rule.in === "header" ? `请求头${rule.name}` : "请求头Authorization: Bearer …";
}

function signature(advice: string): Refusal {
  return { reason: "signature", advice };
}
