import type { Mentions } from "../model/message.ts";

/** Whom a message calls, cleaned: each once, nothing that could be read as markup, at most `mostPeople`. */
export interface Called {
  readonly all: boolean;
  readonly users: readonly string[];
  readonly mobiles: readonly string[];
  /** How many people were left out. */
  readonly omitted: number;
}

/** DingTalk takes 50 people a message (https://open.dingtalk.com/document/development/custom-robots-send-group-messages). */
export const mostPeople = 50;

export function called(mentions: Mentions | undefined): Called {
  const users = distinct(mentions?.users, /^[\w.@-]{1,64}$/);
  const mobiles = distinct(mentions?.mobiles, /^\+?[\d-]{5,20}$/);
  const shownUsers = users.slice(0, mostPeople);
  const shownMobiles = mobiles.slice(0, mostPeople - shownUsers.length);
  return {
    all: mentions?.all === true,
    users: shownUsers,
    mobiles: shownMobiles,
    omitted: users.length + mobiles.length - shownUsers.length - shownMobiles.length,
  };
}

export function callsAnyone({ all, users, mobiles }: Called): boolean {
  return all || users.length + mobiles.length > 0;
}

/** The line of mentions under a message; empty when nobody is called. */
export function mentionLine(names: readonly string[], omitted: number): string {
  const rest = omitted > 0 ? [`（另有 ${omitted} 人未能提醒：每条消息最多 ${mostPeople} 人）`] : [];
  return [...names, ...rest].join(" ");
}

/**
 * Breaks what a platform would read as a mention in text that is not ours, with a zero-width space after the `<`.
 * The reader sees the same; nobody is called who was not meant to be.
 */
export function withoutMentions(text: string): string {
  return text.replace(/<(?=[\s/]{0,8}(?:at|person)\b|[\s/]{0,8}@)/gi, "<\u200b");
}

function distinct(ids: readonly string[] | undefined, form: RegExp): string[] {
  return [...new Set(ids ?? [])].filter((id) => form.test(id));
}
