import { get, message, plain, post, RELAY, type Row, TARGET } from "../row.ts";

const line = "GET /a HTTP/1.1";
const path = "/wework-callback/a";

/** Fields that the client sends, and those of them that are end-to-end. */
function fields(name: string, sent: readonly string[], passed: readonly string[], nginx: Row["nginx"] = "same"): Row {
  return { name, sends: get(path, ...sent), sees: [{ line, fields: passed }], gets: [plain], nginx };
}

/** A field that says something of the connection only, and what nginx makes of it. */
function stays(name: string, sent: string, nginx: Row["nginx"] = "same"): Row {
  return fields(name, ["X-Before: 1", sent, "X-After: 2"], ["X-Before: 1", "X-After: 2"], nginx);
}

/** nginx removes the hop-by-hop fields that it knows, and takes no notice of what else `Connection` lists. */
function leaks(passed: readonly string[], why: string): Row["nginx"] {
  return { sees: [{ line, fields: passed }], why };
}

function leaksOne(sent: string): Row["nginx"] {
  return leaks(["X-Before: 1", sent, "X-After: 2"], "it passes this one on");
}

const forged = [
  ...["X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 7.7.7.7", "X-Real-IP: 6.6.6.6", "X-Forwarded-Proto: https"],
  ...["X-Forwarded-Host: evil.example", "Forwarded: for=6.6.6.6;host=evil.example"],
];

export const requestFieldRows: readonly Row[] = [
  fields(
    "end-to-end fields keep order, case and repeats",
    ["X-B: 2", "x-a: 1", "X-B: 3", "Accept: */*", "User-Agent: WeCom/4.1", "Cookie: a=1", "Cookie: b=2"],
    ["X-B: 2", "x-a: 1", "X-B: 3", "Accept: */*", "User-Agent: WeCom/4.1", "Cookie: a=1", "Cookie: b=2"],
  ),
  fields(
    "credentials and signatures pass untouched",
    [
      "Authorization: Bearer  a.b=",
      "X-Lark-Signature: 0a==",
      "Signature: sig1=:YQ==:",
      "Content-Digest: sha-256=:YQ==:",
    ],
    [
      "Authorization: Bearer  a.b=",
      "X-Lark-Signature: 0a==",
      "Signature: sig1=:YQ==:",
      "Content-Digest: sha-256=:YQ==:",
    ],
  ),
  fields(
    "what the client accepts and knows is said to the target",
    [
      "Accept-Encoding: gzip, br",
      'If-None-Match: "x"',
      "Range: bytes=0-1",
      "Cache-Control: no-cache",
      "Pragma: no-cache",
    ],
    [
      "Accept-Encoding: gzip, br",
      'If-None-Match: "x"',
      "Range: bytes=0-1",
      "Cache-Control: no-cache",
      "Pragma: no-cache",
    ],
  ),
  fields("bytes outside ASCII", ["X-Name: \xe9\xa9\xbf\xe7\xab\x99"], ["X-Name: \xe9\xa9\xbf\xe7\xab\x99"]),
  fields("names with underscores", ["x_signature: 1"], ["x_signature: 1"]),
  fields("a field without a value", ["X-Empty:", "X-After: 1"], ["X-Empty: ", "X-After: 1"]),
  fields(
    "names that only begin like hop-by-hop ones",
    ["TE-X: 1", "Connection-Id: 2", "Upgrade-Insecure-Requests: 1"],
    ["TE-X: 1", "Connection-Id: 2", "Upgrade-Insecure-Requests: 1"],
  ),

  stays("Keep-Alive stays here", "Keep-Alive: timeout=5"),
  stays("Proxy-Connection stays here", "Proxy-Connection: keep-alive", leaksOne("Proxy-Connection: keep-alive")),
  stays("TE stays here", "TE: trailers, deflate;q=0.5"),
  stays("Trailer stays here", "Trailer: X-Sum", leaksOne("Trailer: X-Sum")),
  stays("Upgrade without Connection stays here", "Upgrade: websocket"),
  stays(
    "Proxy-Authorization stays here",
    "Proxy-Authorization: Basic YTpi",
    leaksOne("Proxy-Authorization: Basic YTpi"),
  ),
  stays("Proxy-Authenticate stays here", "Proxy-Authenticate: Basic", leaksOne("Proxy-Authenticate: Basic")),
  fields(
    "what Connection lists stays here, in whatever case",
    ["X-Hop: 1", "Connection: keep-alive, x-hop , X-HOP-2", "x-hop-2: 2", "X-Hop: 3", "X-End: 4"],
    ["X-End: 4"],
    leaks(["X-Hop: 1", "x-hop-2: 2", "X-Hop: 3", "X-End: 4"], "it looks for close and keep-alive only"),
  ),
  fields(
    "what a second Connection line lists too",
    ["Connection: x-one", "Connection: x-two", "X-One: 1", "X-Two: 2", "X-End: 3"],
    ["X-End: 3"],
    leaks(["X-One: 1", "X-Two: 2", "X-End: 3"], "likewise"),
  ),
  fields(
    "an upgrade to HTTP/2 without TLS is not asked for at the target",
    ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
    [],
    leaks(["HTTP2-Settings: AAMAAABkAAQAAP__"], "likewise; without Upgrade it means nothing"),
  ),
  fields(
    "an upgrade to a WebSocket is served as plain HTTP",
    ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    ["Sec-WebSocket-Version: 13"],
  ),
  {
    name: "Connection cannot take away what the relay says itself",
    sends: get(path, "Connection: close, Host, Via, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP"),
    sees: [
      {
        line,
        own: {
          host: TARGET,
          via: /^1\.1 \S+$/,
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-proto": "http",
          "x-forwarded-host": "relay.test",
          "x-real-ip": "127.0.0.1",
        },
      },
    ],
    gets: [plain],
    afterwards: "closed",
    nginx: { sees: [{ line, own: { host: TARGET, via: null } }], why: "it writes no Via" },
  },
  {
    name: "Connection cannot take away the length of the body",
    sends: post(path, "body", "Connection: Content-Length, Content-Type", "Content-Type: text/plain"),
    sees: [{ line: "POST /a HTTP/1.1", body: "body", framing: "length" }],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "Host becomes the target's, and what it was is told",
    sends: message([`GET ${path} HTTP/1.1`, `Host: ${RELAY}`]),
    sees: [{ line, fields: [], own: { host: TARGET, "x-forwarded-host": RELAY } }],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "forged accounts of where it came from are replaced",
    sends: get(path, ...forged),
    sees: [
      {
        line,
        own: {
          forwarded: null,
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-host": "relay.test",
          "x-forwarded-proto": "http",
          "x-real-ip": "127.0.0.1",
        },
      },
    ],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "forged accounts in the spelling that CGI takes for the same are dropped",
    sends: get(path, "X_Forwarded_For: 6.6.6.6", "x_real_ip: 6.6.6.6", "X-Forwarded_Proto: https"),
    sees: [{ line, fields: [], own: { "x-forwarded-for": "127.0.0.1" } }],
    gets: [plain],
    nginx: {
      sees: [{ line, fields: ["X_Forwarded_For: 6.6.6.6", "x_real_ip: 6.6.6.6", "X-Forwarded_Proto: https"] }],
      why: "it drops all names with underscores unless told otherwise, as it is here",
    },
  },
  {
    name: "a forged port is not believed either",
    sends: get(path, "X-Forwarded-Port: 6666"),
    sees: [{ line, own: { "x-forwarded-port": /^(?!6666)/ } }],
    gets: [plain],
    nginx: {
      sees: [{ line, own: { "x-forwarded-port": "6666" } }],
      why: "only fields that it is told of are replaced",
    },
  },
  {
    name: "Via is appended to what is there",
    sends: get(path, "Via: 1.0 fred", "Via: 1.1 wilma (x)"),
    sees: [{ line, own: { via: /^1\.0 fred, 1\.1 wilma \(x\), 1\.1 \S+$/ } }],
    gets: [plain],
    nginx: { sees: [{ line, own: { via: "1.0 fred, 1.1 wilma (x)" } }], why: "it writes no Via" },
  },
  {
    name: "OPTIONS with Max-Forwards counts down",
    sends: message([`OPTIONS ${path} HTTP/1.1`, "Host: relay.test", "Max-Forwards: 5"]),
    sees: [{ line: "OPTIONS /a HTTP/1.1", fields: ["Max-Forwards: 4"] }],
    gets: [plain],
    nginx: {
      sees: [{ line: "OPTIONS /a HTTP/1.1", fields: ["Max-Forwards: 5"] }],
      why: "it does not do what RFC 9110 7.6.2 asks of intermediaries",
    },
  },
  {
    name: "OPTIONS with Max-Forwards at nought is answered here",
    sends: message([`OPTIONS ${path} HTTP/1.1`, "Host: relay.test", "Max-Forwards: 0"]),
    gets: [{ line: [200, 204] }],
    nginx: { sees: [{ line: "OPTIONS /a HTTP/1.1" }], gets: [plain], why: "likewise" },
  },
  {
    name: "an expectation that nobody knows",
    sends: get(path, "Expect: a-miracle"),
    gets: [{ line: 417 }],
    nginx: { sees: [{ line, fields: [] }], gets: [plain], why: "RFC 9110 10.1.1 lets it take no notice" },
  },
];
