import type { PlatformError } from "./platform-error.ts";

/** What the platform answered to one attempt. */
export type Receipt =
  | { readonly ok: true /** The platform's message id, where it gives one. */; readonly messageId?: string | undefined }
  | { readonly ok: false; readonly error: PlatformError };

export const accepted: Receipt = { ok: true };

export function refused(error: PlatformError): Receipt {
  return { ok: false, error };
}
