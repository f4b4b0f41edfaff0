import { StoreError } from "../errors.ts";

/** SQLite's primary result codes that mean something to a caller (https://www.sqlite.org/rescode.html). */
const BUSY = 5;
const IO_ERROR = 10;
const FULL = 13;

/** What a thrown SQLite error means to the hub; anything else is given back as it is. */
export function storeErrorOf(error: unknown): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  switch (error.errcode & 0xff) {
    case FULL:
      return new StoreError("STORE_FULL", "the disk is full: free some space in the data folder", { cause: error });
    case IO_ERROR:
      return new StoreError("STORE_FULL", "the disk cannot be written: check space and health of the data folder", {
        cause: error,
      });
    case BUSY:
      return new StoreError("STORE_BUSY", "the database is locked by another program", { cause: error });
    default:
      return new StoreError("STORE_FAILED", `the database refused: ${error.message}`, { cause: error });
  }
}
