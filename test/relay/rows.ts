import type { Row } from "./row.ts";
import { answerRows } from "./rows/answers.ts";
import { connectionRows } from "./rows/connections.ts";
import { limitRows } from "./rows/limits.ts";
import { methodRows } from "./rows/methods.ts";
import { pathRows } from "./rows/paths.ts";
import { refusedRows } from "./rows/refused.ts";
import { requestFieldRows } from "./rows/request-fields.ts";

/** The whole table, by what the rules are about. */
export const sections: Readonly<Record<string, readonly Row[]>> = {
  "a path and its query": pathRows,
  "a method": methodRows,
  "a field of a request": requestFieldRows,
  "an answer": answerRows,
  "a connection": connectionRows,
  "the size of a head": limitRows,
  "bytes that two readers could read in two ways": refusedRows,
};
