import type { ReplyMusic } from "../../model/reply.ts";
import type { JsonObject } from "../json-fields.ts";
import type { ReplyContent, Replying, ReplyRules, ReplyWay } from "../replying.ts";
import { parseBody, plainName, plainNames, wordsIn } from "../tencent-body.ts";
import { commonReplyIn } from "../tencent-reply.ts";
import type { WechatOfficialAccount } from "./account.ts";
import { type OfficialReply, officialReply } from "./reply.ts";

/**
 * Five seconds, three times in all, and what is shown:
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
 */
export const replies = {
  account: {
    withinMs: 4_000,
    tries: 3,
    tryMs: 5_000,
    takes: [["text"], ["image"], ["voice"], ["video"], ["articles"], ["music"], ["transfer"]],
  },
} as const satisfies Replying;

/** What a follower does and waits for something: the others come without anybody waiting, or open a page instead. */
const answered: ReadonlySet<string> = new Set(["subscribe", "scan", "location", "click", "scancodewaitmsg"]);

/** How a callback is replied to; undefined where the follower gets to see nothing. @param raw Decrypted. */
export function officialWay(raw: string, account: WechatOfficialAccount): ReplyWay | undefined {
  const parsed = parseBody(raw);
  const fields = parsed.ok ? plainNames(parsed.body) : {};
  const rules: ReplyRules | undefined = isAnswered(fields) ? replies.account : undefined;
  const ends = { to: wordsIn(fields, "fromusername"), from: wordsIn(fields, "tousername") };
  return rules && { rules, answer: (reply, context) => officialReply(officialReplyIn(reply), ends, account, context) };
}

function isAnswered(fields: JsonObject): boolean {
  return wordsIn(fields, "msgtype") !== "event" || answered.has(plainName(wordsIn(fields, "event").trim()));
}

function officialReplyIn(reply: ReplyContent): OfficialReply {
  const common = commonReplyIn(reply);
  if (common) return common;
  const { music, transfer } = reply;
  if (music) return musicIn(music);
  const account = transfer?.account;
  return { kind: "transfer_customer_service", ...(account === undefined ? {} : { account }) };
}

function musicIn({ title, description, url, hqUrl, thumb }: ReplyMusic): OfficialReply {
  return {
    kind: "music",
    thumbMediaId: thumb,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(url === undefined ? {} : { musicUrl: url }),
    ...(hqUrl === undefined ? {} : { hqMusicUrl: hqUrl }),
  };
}
