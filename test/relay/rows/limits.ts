import { get, plain, type Row } from "../row.ts";

const line = "GET /a HTTP/1.1";
const path = "/wework-callback/a";

function lines(count: number, size = 1): string[] {
  return Array.from({ length: count }, (_, index) => `X-Line-${index}: ${"v".repeat(size)}`);
}

export const limitRows: readonly Row[] = [
  {
    name: "a hundred lines in a head pass",
    sends: get(path, ...lines(99)),
    sees: [{ line, fields: lines(99) }],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "one more is too many",
    sends: get(path, ...lines(100)),
    gets: [{ line: 431 }],
    nginx: { why: "it allows a thousand lines", sees: [{ line }], gets: [plain] },
  },
  {
    name: "none of thousands of short lines is dropped in silence",
    sends: get(path, ...Array.from({ length: 2_300 }, () => "a:b")),
    gets: [{ line: 431 }],
    nginx: { gets: [{ line: 400 }], why: "it allows a thousand lines, and has no status of its own for more" },
  },
  {
    name: "a head of 12 KB passes",
    sends: get(path, ...lines(12, 1_000)),
    sees: [{ line, fields: lines(12, 1_000) }],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "a head of 40 KB is too large",
    sends: get(path, ...lines(40, 1_000)),
    gets: [{ line: [400, 431] }],
    nginx: "same",
  },
  {
    name: "one field of 40 KB is too large",
    sends: get(path, ...lines(1, 40_000)),
    gets: [{ line: [400, 431] }],
    nginx: "same",
  },
  {
    name: "a query of 7 KB passes",
    sends: get(`${path}?q=${"q".repeat(7_000)}`),
    sees: [{ line: `GET /a?q=${"q".repeat(7_000)} HTTP/1.1` }],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "a query of 40 KB is too long",
    sends: get(`${path}?q=${"q".repeat(40_000)}`),
    gets: [{ line: [400, 414, 431] }],
    nginx: "same",
  },
];
