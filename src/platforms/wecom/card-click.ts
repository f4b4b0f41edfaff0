import type { Interaction } from "../../model/event-data.ts";
import type { JsonObject } from "../json-fields.ts";
import { fieldsIn, itemsIn, textsIn, wordsIn } from "../tencent-body.ts";

/** What somebody chose on a card. */
interface CardChoice {
  readonly cardType: string | undefined;
  /** Option ids by question key, for cards that ask. */
  readonly selected: Readonly<Record<string, readonly string[]>>;
  /** Changes the card, once, within 72 hours. Apps only. */
  readonly responseCode: string | undefined;
}

/**
 * The click on a template card; apps and robots write the same fields in XML and JSON. The message is known by the
 * task id that its sender gave the card: https://developer.work.weixin.qq.com/document/path/90240
 *
 * @param fields By plain names.
 */
export function cardClick(
  fields: JsonObject,
  kind: Interaction["kind"],
): Pick<Interaction, "kind" | "messageId" | "key" | "value"> {
  const choice: CardChoice = {
    cardType: wordsIn(fields, "cardtype") || undefined,
    selected: selectedIn(fields),
    responseCode: wordsIn(fields, "responsecode") || undefined,
  };
  return {
    kind,
    messageId: wordsIn(fields, "taskid") || undefined,
    key: wordsIn(fields, "eventkey") || undefined,
    value: choice,
  };
}

function selectedIn(fields: JsonObject): CardChoice["selected"] {
  const items = itemsIn(fieldsIn(fields, "selecteditems"), "selecteditem");
  return Object.fromEntries(
    items.map((item) => [wordsIn(item, "questionkey"), textsIn(fieldsIn(item, "optionids"), "optionid")]),
  );
}
