import type { Tracking } from "../tracking.ts";

const never = "not reported by this platform";

/**
 * The server says whether it took a mail; later only a bounce comes (RFC 3464), if anything. A mail server is free to
 * answer a request for a delivery notice (RFC 3461) or not, and reading is nobody's to report.
 */
export const tracking = {
  mail: { accepted: "reported", sent: "reported", delivered: never, read: never, failed: "reported", recalled: never },
} as const satisfies Tracking;
