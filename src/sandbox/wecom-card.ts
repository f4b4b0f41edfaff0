import { type Fields, isFields, isFilled } from "./stand-in.ts";

/**
 * What is wrong with a robot's template card; robots have the two kinds that need no callback.
 * Fields: https://developer.work.weixin.qq.com/document/path/99110 (lengths are cut by the client, not refused).
 * Which code each check gives is not published.
 */
export function templateCardProblem(card: Fields): string | undefined {
  const { card_type: kind } = card;
  if (kind !== "text_notice" && kind !== "news_notice")
    return "template_card.card_type must be text_notice or news_notice";
  return (kind === "text_notice" ? textNoticeProblem(card) : newsNoticeProblem(card)) ?? commonProblem(card);
}

function textNoticeProblem(card: Fields): string | undefined {
  return hasTitle(card) || isFilled(card.sub_title_text) ? undefined : "main_title.title or sub_title_text is missing";
}

function newsNoticeProblem(card: Fields): string | undefined {
  if (!hasTitle(card)) return "main_title.title is missing";
  const hasImage = isFields(card.card_image) && isFilled(card.card_image.url);
  const hasArea = isFields(card.image_text_area) && isFilled(card.image_text_area.image_url);
  if (!hasImage && !hasArea) return "card_image.url or image_text_area.image_url is missing";
  return listProblem(card, "vertical_content_list", 4, "title");
}

function commonProblem(card: Fields): string | undefined {
  const { card_action: action } = card;
  const opensUrl = isFields(action) && action.type === 1 && isFilled(action.url);
  const opensMiniProgram = isFields(action) && action.type === 2 && isFilled(action.appid);
  if (!opensUrl && !opensMiniProgram) return "card_action needs type 1 and url, or type 2 and appid";
  return listProblem(card, "horizontal_content_list", 6, "keyname") ?? listProblem(card, "jump_list", 3, "title");
}

function listProblem(card: Fields, name: string, most: number, required: string): string | undefined {
  const list = card[name];
  if (list === undefined) return undefined;
  if (!Array.isArray(list) || list.length > most) return `${name} must be a list of at most ${most}`;
  const isComplete = list.every((item: unknown) => isFields(item) && isFilled(item[required]));
  return isComplete ? undefined : `${name}[].${required} is missing`;
}

function hasTitle({ main_title: title }: Fields): boolean {
  return isFields(title) && isFilled(title.title);
}
