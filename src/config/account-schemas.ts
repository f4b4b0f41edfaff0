import { receivers } from "../platforms/receivers.ts";
import type { AccountSchemas } from "./accounts.ts";

/** Every platform that an entry of `accounts` can name. */
export const accountSchemas: AccountSchemas = new Map([...receivers]);
