import * as z from "zod";

/** The fields that most platforms' callback settings share, with what would be right in their messages. */
export const callbackUrl = z.url({ protocol: /^https?$/, error: "expected an http or https URL" }).max(2_048);
export const callbackToken = z.string().regex(/^[A-Za-z0-9]{3,32}$/, "expected 3 to 32 letters and digits");
export const encodingAesKey = z
  .string()
  .regex(/^[A-Za-z0-9]{43}$/, "expected 43 letters and digits, as the admin page makes them");
export const identifier = z.string().min(1).max(256);
