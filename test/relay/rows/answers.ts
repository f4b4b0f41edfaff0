import { gzipSync } from "node:zlib";
import { answers, answersAndCloses } from "../raw-target.ts";
import { chunked, type ExpectedAnswer, get, message, ok, type Row, TARGET } from "../row.ts";

const path = "/wework-callback/a";
const sees = [{ line: "GET /a HTTP/1.1" }];

/** What the target answers to a GET, and what the client gets. */
function answer(
  name: string,
  bytes: string,
  gets: ExpectedAnswer | readonly ExpectedAnswer[],
  nginx: Row["nginx"] = "same",
): Row {
  return { name, sends: get(path), sees, target: [answers(bytes)], gets: [gets].flat(), afterwards: "open", nginx };
}

function status(line: string, nginx: Row["nginx"] = "same"): Row {
  return answer(
    `the status line ${JSON.stringify(line)} stays`,
    message([line, "Content-Length: 1"], "x"),
    { line, body: "x" },
    nginx,
  );
}

/** A field of the answer that says something of the connection only. */
function stays(name: string, ...sent: readonly string[]): Row {
  const bytes = message(["HTTP/1.1 200 OK", "X-Before: 1", ...sent, "Content-Length: 2", "X-After: 2"], "ok");
  return answer(name, bytes, { line: 200, fields: ["X-Before: 1", "X-After: 2"], body: "ok" });
}

function staysNotInNginx(row: Row, passed: readonly string[]): Row {
  const gets = [{ line: 200, fields: ["X-Before: 1", ...passed, "X-After: 2"], body: "ok" }];
  return { ...row, nginx: { gets, why: "it passes this one on" } };
}

const cookies = [
  "Set-Cookie: a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
  "Set-Cookie: b=2",
  "Set-Cookie: a=3",
];
const wide = Array.from({ length: 40 }, (_, index) => `X-Wide-${index}: ${"w".repeat(1_000)}`);
const gzipped = gzipSync("被压缩的正文".repeat(20)).toString("latin1");
const location = { why: "it makes relative addresses absolute, with its own name and port" };

const interimInNginx = { untold: "1.22 takes an interim answer for the final one, and what follows for its body" };

export const answerRows: readonly Row[] = [
  status("HTTP/1.1 200 OK"),
  status("HTTP/1.1 201 Created"),
  status("HTTP/1.1 404 Not Here At All"),
  status("HTTP/1.1 299 "),
  status("HTTP/1.1 418 I'm a teapot"),
  status("HTTP/1.1 500 Internal Server Error"),
  status("HTTP/1.1 502 Bad Gateway"),
  status("HTTP/1.1 503 Service Unavailable"),
  status("HTTP/1.1 599 Own Invention"),
  answer("every Set-Cookie stays a line of its own", ok("ok", ...cookies), { line: 200, fields: cookies, body: "ok" }),
  answer(
    "fields keep order, case and repeats",
    ok("ok", "X-B: 1", "x-a: 2", "X-B: 3", "WWW-Authenticate: Basic", "WWW-Authenticate: Digest", "Vary: a", "Vary: b"),
    {
      line: 200,
      fields: [
        "X-B: 1",
        "x-a: 2",
        "X-B: 3",
        "WWW-Authenticate: Basic",
        "WWW-Authenticate: Digest",
        "Vary: a",
        "Vary: b",
      ],
    },
  ),
  answer(
    "what the target says of itself stays: Server, Date, and what caches need",
    ok(
      "ok",
      "Server: inner/1",
      "Date: Mon, 01 Jan 2024 00:00:00 GMT",
      'ETag: "1"',
      "Cache-Control: no-store",
      "Age: 3",
    ),
    {
      line: 200,
      fields: ["Server: inner/1", 'ETag: "1"', "Cache-Control: no-store", "Age: 3"],
      own: { date: "Mon, 01 Jan 2024 00:00:00 GMT" },
    },
  ),
  answer("bytes outside ASCII in a field", ok("ok", "X-Name: \xe9\xa9\xbf"), {
    line: 200,
    fields: ["X-Name: \xe9\xa9\xbf"],
  }),
  answer(
    "a head of 40 KB passes",
    ok("ok", ...wide),
    { line: 200, fields: wide, body: "ok" },
    { gets: [{ line: 502 }], why: "it has 4 KB for an answer's head unless told otherwise" },
  ),
  answer("a request id of the target's stays the target's", ok("ok", "X-Request-Id: inner-1"), {
    line: 200,
    fields: ["X-Request-Id: inner-1"],
  }),
  answer("a compressed body stays as it is, its length too", ok(gzipped, "Content-Encoding: gzip"), {
    line: 200,
    fields: ["Content-Encoding: gzip"],
    own: { "content-length": String(gzipped.length) },
    body: gzipped,
  }),
  answer(
    "a body of every byte there is",
    ok(Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("")),
    { line: 200, body: Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("") },
  ),
  answer("an empty body", ok("", "X-Empty: yes"), {
    line: 200,
    fields: ["X-Empty: yes"],
    own: { "content-length": "0" },
    body: "",
  }),
  answer("a body in chunks", message(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], chunked("one,", "two")), {
    line: 200,
    framing: "chunked",
    body: "one,two",
    fields: [],
  }),
  answer(
    "chunks with extensions and trailers lose both",
    message(
      ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Sum"],
      "3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    ),
    { line: 200, framing: "chunked", body: "abc", fields: [], trailers: [] },
    { gets: [{ line: 200, body: "abc", fields: ["Trailer: X-Sum"], trailers: [] }], why: "it announces what it drops" },
  ),
  {
    ...answer("a body that ends with the connection", "", { line: 200, body: "until the end", fields: ["X-A: 1"] }),
    target: [answersAndCloses(message(["HTTP/1.1 200 OK", "X-A: 1"], "until the end"))],
  },
  {
    ...answer("an answer of HTTP/1.0", "", { line: "HTTP/1.1 200 OK", body: "old" }),
    target: [answersAndCloses(message(["HTTP/1.0 200 OK", "Content-Length: 3"], "old"))],
  },
  answer("204 has no body, and no length", message(["HTTP/1.1 204 No Content", "X-A: 1"]), {
    line: "HTTP/1.1 204 No Content",
    fields: ["X-A: 1"],
    own: { "content-length": null, "transfer-encoding": null },
  }),
  answer(
    "304 tells the length of what it does not send",
    message(["HTTP/1.1 304 Not Modified", 'ETag: "x"', "Content-Length: 1234"]),
    {
      line: "HTTP/1.1 304 Not Modified",
      fields: ['ETag: "x"'],
      own: { "content-length": "1234", "transfer-encoding": null },
    },
  ),
  answer("304 without a length is given none", message(["HTTP/1.1 304 Not Modified", 'ETag: "x"']), {
    line: 304,
    fields: ['ETag: "x"'],
    own: { "content-length": null, "transfer-encoding": null },
  }),
  {
    name: "an interim answer goes ahead of the final one",
    sends: get(path),
    sees,
    target: [answers(message(["HTTP/1.1 103 Early Hints", "Link: </a.css>; rel=preload", "Link: </b.js>"]) + ok("ok"))],
    gets: [
      { line: "HTTP/1.1 103 Early Hints", fields: ["Link: </a.css>; rel=preload", "Link: </b.js>"] },
      { line: 200, body: "ok" },
    ],
    afterwards: "open",
    nginx: interimInNginx,
  },
  {
    name: "several interim answers, in order",
    sends: get(path),
    sees,
    target: [
      answers(
        message(["HTTP/1.1 103 Early Hints", "X-N: 1"]) + message(["HTTP/1.1 103 Early Hints", "X-N: 2"]) + ok("ok"),
      ),
    ],
    gets: [
      { line: 103, fields: ["X-N: 1"] },
      { line: 103, fields: ["X-N: 2"] },
      { line: 200, body: "ok" },
    ],
    afterwards: "open",
    nginx: interimInNginx,
  },
  {
    name: "100 that nobody waits for goes no further",
    sends: get(path),
    sees,
    target: [answers(message(["HTTP/1.1 100 Continue"]) + ok("ok"))],
    gets: [{ line: 200, body: "ok" }],
    afterwards: "open",
    nginx: interimInNginx,
  },

  staysNotInNginx(stays("Proxy-Authenticate stays on its side", "Proxy-Authenticate: Basic"), [
    "Proxy-Authenticate: Basic",
  ]),
  staysNotInNginx(stays("Proxy-Connection stays on its side", "Proxy-Connection: keep-alive"), [
    "Proxy-Connection: keep-alive",
  ]),
  staysNotInNginx(stays("TE stays on its side", "TE: trailers"), ["TE: trailers"]),
  staysNotInNginx(stays("Trailer stays on its side", "Trailer: X-Sum"), ["Trailer: X-Sum"]),
  stays("Keep-Alive stays on its side", "Connection: keep-alive", "Keep-Alive: timeout=1"),
  staysNotInNginx(stays("Upgrade stays on its side", "Upgrade: h2c"), ["Upgrade: h2c"]),
  staysNotInNginx(stays("what Connection lists stays on its side", "Connection: X-hop, keep-alive", "x-Hop: 1"), [
    "x-Hop: 1",
  ]),
  {
    ...stays("the target closing its connection closes no client's", "Connection: close"),
    afterwards: "open",
  },

  answer(
    "a Location at the target is one at the relay",
    ok("ok", `Location: http://${TARGET}/login?next=%2F#top`),
    { line: 200, own: { location: /^(http:\/\/relay\.test)?\/wework-callback\/login\?next=%2F#top$/ } },
    {
      gets: [{ line: 200, own: { location: /^http:\/\/[^/]+\/wework-callback\/login\?next=%2F#top$/ } }],
      ...location,
    },
  ),
  answer(
    "a Location elsewhere stays",
    message(["HTTP/1.1 302 Found", "Location: https://open.work.example/connect?x=1", "Content-Length: 0"]),
    { line: "HTTP/1.1 302 Found", fields: ["Location: https://open.work.example/connect?x=1"] },
  ),
  answer(
    "a Location whose host only begins like the target's stays",
    message(["HTTP/1.1 302 Found", `Location: http://${TARGET}.evil.example/x`, "Content-Length: 0"]),
    { line: 302, fields: [`Location: http://${TARGET}.evil.example/x`] },
  ),
  answer(
    "an encoded line break in a Location stays encoded",
    message(["HTTP/1.1 302 Found", `Location: http://${TARGET}/%0d%0aSet-Cookie:%20evil=1`, "Content-Length: 0"]),
    { line: 302, own: { location: /\/%0d%0aSet-Cookie:%20evil=1$/, "set-cookie": null } },
  ),
];
