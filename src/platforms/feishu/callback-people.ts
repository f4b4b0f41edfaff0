import type { Person } from "../../model/event-data.ts";
import { idOf, type JsonObject, objectOf, textOf } from "../json-fields.ts";

/**
 * The open_id, which every app gets to see and can send to; a union_id or user_id where it is missing.
 *
 * @param ids `{open_id, union_id, user_id}`, or nothing.
 */
export function personOf(ids: unknown, more: { name?: unknown; kind?: Person["kind"] } = {}): Person | undefined {
  const { open_id, union_id, user_id } = objectOf(ids);
  const id = idOf(open_id) ?? idOf(union_id) ?? idOf(user_id);
  if (id === undefined) return undefined;
  const name = textOf(more.name);
  return { id, ...(name === undefined ? {} : { name }), ...(more.kind === undefined ? {} : { kind: more.kind }) };
}

/** `{operator: …}` where the event says who did it. */
export function operatorOf(event: JsonObject): { operator?: Person } {
  const operator = personOf(event.operator_id);
  return operator ? { operator } : {};
}

/** The platform's word for whether someone is a person or a program. */
export function kindOf(word: unknown): Person["kind"] {
  if (word === "user") return "user";
  return word === "bot" || word === "app" ? "bot" : undefined;
}
