import type { CallbackRequest } from "../receiving.ts";

/** The header's value; the first where it was repeated, since a proxy appends and does not prepend. */
export function headerOf(request: CallbackRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
}
