import { type Moment, untold } from "./call.ts";
import type { Happening, Of } from "./happening.ts";
import { hexId, secondsOf } from "./ids.ts";
import { articled, required } from "./required.ts";

export type Content = Readonly<Record<string, unknown>>;

/**
 * What a robot is told, in callbacks as over a long connection.
 *
 * @throws RangeError for what robots are never told.
 */
export function wecomBotContent(happening: Exclude<Happening, Of<"verify">>, aibotid: string, moment: Moment): Content {
  const common = (person: string, chat?: string): Content => ({
    msgid: hexId(moment),
    aibotid,
    ...(chat === undefined ? {} : { chatid: chat }),
    chattype: chat === undefined ? "single" : "group",
    from: { userid: person },
  });
  const event = (person: string, chat: string | undefined, eventtype: string, fields: unknown): Content => ({
    ...common(person, chat),
    create_time: secondsOf(moment),
    msgtype: "event",
    event: { eventtype, [eventtype]: fields },
  });
  switch (happening.event) {
    case "message":
      return {
        ...common(happening.person, happening.chat),
        ...(happening.message === undefined ? {} : { msgid: happening.message }),
        response_url: `https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=${hexId(moment)}`,
        ...bodyOf(happening),
      };
    case "click":
      return event(happening.person, happening.chat, "template_card_event", cardFields(happening));
    case "enter":
      return event(happening.person, undefined, "enter_chat", {});
    case "native": {
      const person = happening.person ?? "zhangsan";
      if (happening.name === "stream") {
        const stream = { id: "stream-1", ...happening.fields };
        return { ...common(person), msgtype: "stream", stream };
      }
      const example = examples[happening.name] ?? {};
      return event(person, undefined, happening.name, { ...example, ...happening.fields });
    }
    default:
      return untold(
        "wecom-bot",
        happening,
        "robots get messages, clicks, enter, and by native feedback_event and stream",
      );
  }
}

const examples: Readonly<Record<string, Content>> = {
  enter_chat: {},
  template_card_event: { card_type: "button_interaction", event_key: "approve", task_id: "task-1" },
  feedback_event: { id: "feedback-1", type: 1, content: "" },
};

/** In groups only text and mixed exist, and the text begins with the robot's name. */
function bodyOf({ kind, text, chat, url }: Of<"message">): Content {
  const isGroup = chat !== undefined;
  const said = isGroup ? `@Robot ${text}` : text;
  if (kind === "text") return { msgtype: "text", text: { content: said } };
  if (kind === "post") {
    const picture = url === undefined ? [] : [{ msgtype: "image", image: { url } }];
    return { msgtype: "mixed", mixed: { msg_item: [{ msgtype: "text", text: { content: said } }, ...picture] } };
  }
  if (isGroup) throw new RangeError(`kind: in groups robots get text and post only, not ${kind}; leave chat out`);
  if (kind === "voice") return { msgtype: "voice", voice: { content: text } };
  if (kind === "image" || kind === "file" || kind === "video") {
    return {
      msgtype: kind,
      [kind]: { url: required("url", url, `${articled(kind)} has one, valid for five minutes`) },
    };
  }
  throw new RangeError(`kind: robots get no ${kind}; use text`);
}

function cardFields({ message, key, chosen }: Of<"click">): Content {
  const items = Object.entries(chosen ?? {}).map(([question, options]) => ({
    question_key: question,
    option_ids: { option_id: options },
  }));
  return {
    card_type: items.length > 0 ? "multiple_interaction" : "button_interaction",
    event_key: key,
    task_id: message,
    ...(items.length > 0 ? { selected_items: { selected_item: items } } : {}),
  };
}
