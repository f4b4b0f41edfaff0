import { randomBytes } from "node:crypto";
import { type Moment, untold } from "../callers/call.ts";
import { dingtalkClick, dingtalkEvent, dingtalkMessage } from "../callers/dingtalk-bodies.ts";
import { feishuBody } from "../callers/feishu-envelope.ts";
import { feishuEvent } from "../callers/feishu-events.ts";
import { type Happening, type HappeningInput, happening as happeningSchema } from "../callers/happening.ts";
import { wecomBotContent } from "../callers/wecom-bot-content.ts";
import { Recent } from "../recent.ts";
import type { Fields } from "../stand-in.ts";
import type { StreamPlatform, Streams } from "./streams.ts";
import type { Telling } from "./tellings.ts";

/** Whose programs are told. */
export interface StreamApp {
  readonly platform: StreamPlatform;
  /** App ID, Client ID or Bot ID. */
  readonly app: string;
}

/** What became of something that an app's programs were told. */
export interface ToldReport {
  /** The platform's name of the event or message type. */
  readonly name: string;
  readonly content: unknown;
  /** The platform's id of the message that was written. */
  readonly messageId?: string;
  /** How often it was told so far, also to nobody. */
  readonly attempts: number;
  /** WeCom wants no acknowledgement, so there it is `sent`, or `lost` where nobody was connected. */
  readonly outcome: Telling["outcome"] | "sent" | "lost";
  /** What programs said to it, oldest first. */
  readonly answers: readonly unknown[];
}

export interface ToldOver {
  /** As it stands now. */
  report(): ToldReport;
  /** Resolves when it is acknowledged, or never will be. Never rejects. */
  readonly done: Promise<void>;
}

/** Tellings that are remembered. */
const remembered = 1_000;

/** Has people act, and tells the programs that are connected for the app of it. */
export class StreamHappenings {
  readonly #streams: Streams;
  readonly #now: () => number;
  readonly #told = new Recent<StreamApp & { readonly told: ToldOver }>(remembered);
  #count = 0;

  /** @param now Epoch milliseconds. */
  constructor(streams: Streams, now: () => number) {
    this.#streams = streams;
    this.#now = now;
  }

  /** @throws ZodError for a happening that is none, RangeError for what the platform does not tell this way. */
  tell({ platform, app }: StreamApp, happened: HappeningInput): ToldOver {
    const happening = happeningSchema.parse(happened);
    if (happening.event === "verify") untold(platform, happening, "there is no address to check on a connection");
    const moment = { nowMs: this.#now(), random: randomBytes };
    const told = tellers[platform](this.#streams, app, happening, moment);
    this.#told.set(String(++this.#count), { platform, app, told });
    return told;
  }

  /** What the app's programs were told, oldest first. */
  reports({ platform, app }: StreamApp): ToldReport[] {
    return [...this.#told.values()]
      .filter((each) => each.platform === platform && each.app === app)
      .map(({ told }) => told.report());
  }
}

type Told = Exclude<Happening, { readonly event: "verify" }>;
type Teller = (streams: Streams, app: string, happening: Told, moment: Moment) => ToldOver;

const tellers: Readonly<Record<StreamPlatform, Teller>> = {
  feishu({ feishu }, app_id, happening, moment) {
    const told = feishuEvent(happening, { app_id, tenant_key: "sandbox" }, moment);
    if (told.envelope === "card") untold("feishu", happening, "the first version of card callbacks only comes by HTTP");
    // Nothing is verified on a connection that the app's own secret opened.
    const body = feishuBody(told, { app_id, tenant_key: "sandbox", verification_token: "" }, moment);
    const telling = feishu.tell(app_id, body, told.name === "card.action.trigger" ? "card" : "event");
    return toldBy(telling, { name: told.name, content: told.event, messageId: told.messageId });
  },

  dingtalk({ dingtalk }, app, happening, moment) {
    const robot = { corp_id: "dingsandboxcorp", robot_code: app };
    if (happening.event === "message") {
      const content = dingtalkMessage(happening, robot, moment);
      const telling = dingtalk.tell(app, { type: "CALLBACK", topic: "/v1.0/im/bot/messages/get" }, content);
      return toldBy(telling, { name: String(content.msgtype), content, messageId: String(content.msgId) });
    }
    if (happening.event === "click") {
      const content = dingtalkClick(happening, robot);
      const telling = dingtalk.tell(app, { type: "CALLBACK", topic: "/v1.0/card/instances/callback" }, content);
      return toldBy(telling, { name: "actionCallback", content });
    }
    const {
      EventType,
      EventTime: _time,
      CorpId: _corp,
      BizId: _biz,
      eventId,
      ...fields
    } = dingtalkEvent(happening, robot, moment);
    const name = String(EventType);
    // The same fields as over HTTP, of which a robot's alone have capitals there.
    const content = name.startsWith("robot_") ? withSmallInitials(fields) : fields;
    const telling = dingtalk.tell(app, { type: "EVENT", eventType: name, eventId: String(eventId) }, content);
    return toldBy(telling, { name, content });
  },

  "wecom-bot"({ wecom }, bot, happening, moment) {
    const content = wecomBotContent(happening, bot, moment);
    const { outcome, answers } = wecom.tell(bot, content);
    const name = happening.event === "native" ? happening.name : String(content.msgtype);
    const isMessage = happening.event === "message";
    return {
      report: () => ({
        name,
        content,
        ...(isMessage ? { messageId: String(content.msgid) } : {}),
        attempts: 1,
        outcome,
        answers: [...answers],
      }),
      done: Promise.resolve(),
    };
  },
};

interface What {
  readonly name: string;
  readonly content: unknown;
  readonly messageId?: string | undefined;
}

function toldBy(telling: Telling, { name, content, messageId }: What): ToldOver {
  return {
    report: () => ({
      name,
      content,
      ...(messageId === undefined ? {} : { messageId }),
      attempts: telling.attempts,
      outcome: telling.outcome,
      answers: [...telling.answers],
    }),
    done: telling.done,
  };
}

function withSmallInitials(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  );
}
