import type * as z from "zod";
import { mailboxAccount } from "../platforms/email/imap-account.ts";
import { receivers } from "../platforms/receivers.ts";
import type { AccountSchemas } from "./accounts.ts";

/** Every platform that an entry of `accounts` can name: those that call, and mail, which is fetched. */
export const accountSchemas: AccountSchemas = new Map<string, { account: z.ZodType }>([
  ...receivers,
  ["email", { account: mailboxAccount }],
]);
