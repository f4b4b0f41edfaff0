import { answers, answersEarly } from "../raw-target.ts";
import { chunked, get, message, ok, plain, post, type Row } from "../row.ts";

const path = "/wework-callback";
const seenPost = "POST /a HTTP/1.1";

/** A body in chunks, as the client sends it. */
function inChunks(body: string, ...fields: readonly string[]): string {
  return message([`POST ${path}/a HTTP/1.1`, "Host: relay.test", "Transfer-Encoding: chunked", ...fields], body);
}

export const connectionRows: readonly Row[] = [
  {
    name: "several requests on one connection",
    sends: get(`${path}/1`) + post(`${path}/2`, "two") + get(`${path}/3`),
    sees: [{ line: "GET /1 HTTP/1.1" }, { line: "POST /2 HTTP/1.1", body: "two" }, { line: "GET /3 HTTP/1.1" }],
    target: Array.from({ length: 3 }, () => ({
      at: "end" as const,
      act: (connection) => connection.write(ok(connection.lastLine)),
    })),
    gets: [
      { line: 200, body: "GET /1 HTTP/1.1" },
      { line: 200, body: "POST /2 HTTP/1.1" },
      { line: 200, body: "GET /3 HTTP/1.1" },
    ],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "a client that wants to close is told so, and the connection is closed",
    sends: get(`${path}/a`, "Connection: close"),
    sees: [{ line: "GET /a HTTP/1.1", fields: [] }],
    gets: [{ ...plain, own: { connection: "close" } }],
    afterwards: "closed",
    nginx: "same",
  },
  {
    name: "what follows a request that closes is not looked at",
    sends: get(`${path}/a`, "Connection: close") + get(`${path}/b`),
    sees: [{ line: "GET /a HTTP/1.1" }],
    gets: [plain],
    afterwards: "closed",
    nginx: "same",
  },
  {
    name: "garbage behind a request takes nothing from the request",
    sends: `${get(`${path}/a`)}garbage\r\n\r\n`,
    sees: [{ line: "GET /a HTTP/1.1" }],
    gets: [plain, { line: 400 }],
    afterwards: "closed",
    nginx: "same",
  },
  {
    name: "a client of HTTP/1.0 gets no chunks",
    sends: message([`GET ${path}/a HTTP/1.0`]),
    sees: [{ line: "GET /a HTTP/1.1" }],
    target: [answers(message(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], chunked("one,", "two")))],
    gets: [{ line: "HTTP/1.1 200 OK", framing: "close", body: "one,two", own: { "transfer-encoding": null } }],
    afterwards: "closed",
    nginx: "same",
  },
  {
    name: "a client of HTTP/1.0 gets no interim answer",
    sends: message([`GET ${path}/a HTTP/1.0`]),
    sees: [{ line: "GET /a HTTP/1.1" }],
    target: [answers(message(["HTTP/1.1 103 Early Hints", "Link: </a>"]) + ok("ok"))],
    gets: [plain],
    afterwards: "closed",
    nginx: { untold: "1.22 takes an interim answer for the final one, and what follows for its body" },
  },
  {
    name: "a client of HTTP/1.0 that keeps its connection may go on",
    sends: message([`GET ${path}/a HTTP/1.0`, "Connection: keep-alive"]) + message([`GET ${path}/b HTTP/1.0`]),
    sees: [{ line: "GET /a HTTP/1.1" }, { line: "GET /b HTTP/1.1" }],
    gets: [{ ...plain, own: { connection: /^keep-alive$/i } }, plain],
    afterwards: "closed",
    nginx: "same",
  },
  {
    name: "a body in chunks arrives whole, told apart one way only",
    sends: inChunks(chunked("one,", "two"), "Content-Type: text/plain"),
    sees: [{ line: seenPost, body: "one,two", fields: ["Content-Type: text/plain"] }],
    gets: [plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "extensions of chunks and trailers of the client stay on its side",
    sends: inChunks("3;ext=1\r\nabc\r\n0\r\nX-Trailer: 1\r\nAuthorization: x\r\n\r\n"),
    sees: [{ line: seenPost, body: "abc", fields: [], own: { "x-trailer": null, authorization: null } }],
    gets: [plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "an empty body in chunks",
    sends: inChunks(chunked()),
    sees: [{ line: seenPost, body: "" }],
    gets: [plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "a GET with a body keeps the connection in step",
    sends: message([`GET ${path}/a HTTP/1.1`, "Host: relay.test", "Content-Length: 5"], "GET /") + get(`${path}/b`),
    sees: [
      { line: "GET /a HTTP/1.1", body: "GET /", framing: "length" },
      { line: "GET /b HTTP/1.1", body: "" },
    ],
    gets: [plain, plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "a GET with a body in chunks too",
    sends: message([`GET ${path}/a HTTP/1.1`, "Host: relay.test", "Transfer-Encoding: chunked"], chunked("GET /")),
    sees: [{ line: "GET /a HTTP/1.1", body: "GET /" }],
    gets: [plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "a body that looks like a request is a body",
    sends: post(`${path}/a`, get(`${path}/smuggled`)) + get(`${path}/b`),
    sees: [{ line: seenPost, body: get(`${path}/smuggled`) }, { line: "GET /b HTTP/1.1" }],
    gets: [plain, plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "a client that waits for 100 gets it, and the target is not asked to",
    sends: message(
      [`POST ${path}/a HTTP/1.1`, "Host: relay.test", "Content-Length: 4", "Expect: 100-continue"],
      "body",
    ),
    sees: [{ line: seenPost, body: "body", fields: [] }],
    gets: [{ line: "HTTP/1.1 100 Continue" }, plain],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "an answer ahead of the body ends the client's connection",
    sends: message([`POST ${path}/a HTTP/1.1`, "Host: relay.test", "Content-Length: 10"], "1234"),
    sees: [],
    mayBegin: true,
    target: [answersEarly(message(["HTTP/1.1 413 Too Much", "Content-Length: 2"], "no"))],
    gets: [{ line: "HTTP/1.1 413 Too Much", body: "no" }],
    afterwards: "closed",
    nginx: "same",
  },
];
