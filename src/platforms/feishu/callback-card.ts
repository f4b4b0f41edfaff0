import { idOf, type JsonObject, objectOf, textOf } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";
import type { Envelope } from "./callback-envelope.ts";
import { personOf } from "./callback-people.ts";

/**
 * A click in a card: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-callback-communication
 *
 * The older callback has the same fields one level higher; so this takes either.
 */
export function clickIn({ event, id, at }: Envelope): ParsedEvent[] {
  const context = objectOf(event.context);
  const person = personOf(event.operator ?? event, { kind: "user" });
  if (person === undefined || event.action === undefined) return [];
  const messageId = idOf(context.open_message_id) ?? idOf(event.open_message_id);
  return [
    {
      type: "yizhan.message.interaction",
      // Whether this chat is a group is not said, so it is the subject and no Chat.
      subject: idOf(context.open_chat_id) ?? idOf(event.open_chat_id),
      at,
      key: id,
      data: {
        kind: "click",
        ...(messageId === undefined ? {} : { messageId }),
        person,
        ...choiceIn(objectOf(event.action)),
      },
    },
  ];
}

/**
 * `key`: the element's name, or the value of a button that has only a text. `value`: a button's value as the card's
 * author wrote it; where something was chosen or typed, the platform's fields that tell what.
 */
function choiceIn({ name, value, ...rest }: JsonObject): { key?: string; value?: unknown } {
  const key = textOf(name) ?? textOf(value);
  const chosen = Object.fromEntries(choices.filter((field) => Object.hasOwn(rest, field)).map((f) => [f, rest[f]]));
  const given = Object.keys(chosen).length === 0 ? value : { ...chosen, ...(value === undefined ? {} : { value }) };
  return { ...(key === undefined ? {} : { key }), ...(given === undefined ? {} : { value: given }) };
}

const choices = ["form_value", "input_value", "option", "options", "checked"];
