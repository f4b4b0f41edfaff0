import { type Fields, isFields, isFilled } from "./stand-in.ts";

export interface CardProblem {
  /** Sub-code of 230099. */
  readonly code: number;
  readonly message: string;
}

const deepest = 60;
const mostElementsOfV2 = 200;

/** Version 2 answers an error for what version 1 ignores. */
const rootOfV2 = new Set(["schema", "config", "header", "card_link", "body"]);
const removedTags = new Set(["action", "note"]);

/**
 * What is wrong with a card's JSON.
 *
 * Version 1: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-structure
 * Version 2: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-v2-structure
 * What version 2 took away: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-v2-breaking-changes-release-notes
 */
export function cardProblem(card: Fields): CardProblem | undefined {
  if (depthOf(card, 0) > deepest) return invalid("nested too deeply");
  if (card.type === "template") {
    const isNamed = isFields(card.data) && isFilled(card.data.template_id);
    return isNamed ? undefined : invalid("data.template_id is required");
  }
  if (card.schema === "2.0") return problemOfV2(card);
  if (card.schema !== undefined && card.schema !== "1.0") return invalid(`schema ${String(card.schema)} is unknown`);
  if (!Array.isArray(card.elements) && !isFields(card.i18n_elements)) return invalid("elements is required");
  return headerProblem(card) ?? elementsProblem(card.elements ?? []);
}

function problemOfV2(card: Fields): CardProblem | undefined {
  const unknown = Object.keys(card).find((key) => !rootOfV2.has(key));
  if (unknown !== undefined) return invalid(`unknown property, property: ${unknown}`);
  if (isFields(card.config)) {
    if ("wide_screen_mode" in card.config) return invalid("unknown property, property: config.wide_screen_mode");
    if (card.config.update_multi === false) return invalid("config.update_multi can only be true");
  }
  if (!isFields(card.body) || !Array.isArray(card.body.elements)) return invalid("body.elements is required");
  const wrong = headerProblem(card) ?? elementsProblem(card.body.elements);
  if (wrong) return wrong;
  const tags = tagsIn(card.body.elements);
  const removed = tags.find((tag) => removedTags.has(tag));
  if (removed !== undefined)
    return {
      code: 200861,
      message: `cards of schema V2 no longer support this capability; unsupported tag ${removed}`,
    };
  return tags.length > mostElementsOfV2 ? { code: 11310, message: "element exceeds the limit" } : undefined;
}

function headerProblem({ header }: Fields): CardProblem | undefined {
  if (header === undefined) return undefined;
  const isTitled = isFields(header) && isFields(header.title) && typeof header.title.tag === "string";
  return isTitled ? undefined : invalid("header.title needs a tag and content");
}

function elementsProblem(elements: unknown): CardProblem | undefined {
  if (!Array.isArray(elements)) return invalid("elements must be a list");
  const isTagged = elements.every((element: unknown) => isFields(element) && isFilled(element.tag));
  return isTagged ? undefined : invalid("every element needs a tag");
}

/** Everything that a reader sees, title first. */
export function linesOfCard(card: Fields): string[] {
  const lines: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isFields(value)) {
      if (isFilled(value.content)) lines.push(value.content);
      for (const [key, child] of Object.entries(value)) if (key !== "config" && key !== "behaviors") visit(child);
    }
  };
  visit(card.header);
  visit({ ...card, header: undefined });
  return lines;
}

/** The tags of elements at every level, without those of the texts in them. */
function tagsIn(elements: readonly unknown[]): string[] {
  const tags: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isFields(value)) {
      if (isFilled(value.tag)) tags.push(value.tag);
      for (const key of ["elements", "columns", "actions"]) visit(value[key]);
    }
  };
  visit(elements);
  return tags;
}

function depthOf(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null || depth > deepest) return depth;
  let most = depth;
  for (const child of Object.values(value)) most = Math.max(most, depthOf(child, depth + 1));
  return most;
}

function invalid(message: string): CardProblem {
  return { code: 200621, message: `parse card json err, ${message}` };
}
