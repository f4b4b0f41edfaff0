import { chunked, get, message, type Row } from "../row.ts";

const path = "/wework-callback/a";
const post = `POST ${path} HTTP/1.1`;
const host = "Host: relay.test";

/** What an attacker wants the target to take for a request of its own. */
const smuggled = get("/wework-callback/smuggled");

/** A head that two readers could take for two different messages. The target hears nothing of it. */
function refuses(
  name: string,
  lines: readonly string[],
  nginx: Row["nginx"] = "same",
  line: Row["gets"][0]["line"] = 400,
): Row {
  return { name, sends: message(lines, `${chunked("x")}${smuggled}`), gets: [{ line }], afterwards: "closed", nginx };
}

/** Bytes as they are. */
function refusesBytes(name: string, sends: string, nginx: Row["nginx"] = "same"): Row {
  return { name, sends: sends + smuggled, gets: [{ line: 400 }], afterwards: "closed", nginx };
}

/** A good head, and chunks that are none: the target never sees the end of it, nor what follows. */
function refusesChunks(name: string, chunks: string, nginx: Row["nginx"] = "same"): Row {
  return {
    name,
    sends: message([post, host, "Transfer-Encoding: chunked"], chunks) + smuggled,
    mayBegin: true,
    gets: [{ line: 400 }],
    afterwards: "closed",
    nginx,
  };
}

/** nginx takes it; and then, as bytes of the next request, what was the body to whoever refuses it. */
function taken(why: string, bytes: "no request" | "a request" = "no request"): Row["nginx"] {
  const first = { line: "POST /a HTTP/1.1" };
  const isNext = bytes === "a request";
  return {
    why,
    sees: isNext ? [first, { line: "GET /smuggled HTTP/1.1" }] : [first],
    gets: [{ line: 200 }, { line: isNext ? 200 : 400 }],
    afterwards: isNext ? "open" : "closed",
  };
}

const lenient = "it is lenient with it, as RFC 9112 2.2 allows";

export const refusedRows: readonly Row[] = [
  refuses("a length and chunks", [post, host, "Content-Length: 6", "Transfer-Encoding: chunked"]),
  refuses("chunks and a length", [post, host, "Transfer-Encoding: chunked", "Content-Length: 6"]),
  refuses("two equal lengths", [post, host, "Content-Length: 6", "Content-Length: 6"]),
  refuses("two lengths that differ", [post, host, "Content-Length: 6", "Content-Length: 0"]),
  refuses("a list of lengths", [post, host, "Content-Length: 6, 6"]),
  refuses("a length with a plus", [post, host, "Content-Length: +6"]),
  refuses("a length with a minus", [post, host, "Content-Length: -6"]),
  refuses("a length in hex", [post, host, "Content-Length: 0x6"]),
  refuses("a length with a blank inside", [post, host, "Content-Length: 6 6"]),
  refuses("a length that is empty", [post, host, "Content-Length: "]),
  refuses("a length beyond every number", [post, host, "Content-Length: 99999999999999999999999"]),
  refuses("an unknown coding before chunked", [post, host, "Transfer-Encoding: junk, chunked"], "same", [400, 501]),
  refuses("gzip before chunked", [post, host, "Transfer-Encoding: gzip, chunked"], "same", [400, 501]),
  refuses("an unknown coding after chunked", [post, host, "Transfer-Encoding: chunked, junk"], "same", [400, 501]),
  refuses("chunked, identity", [post, host, "Transfer-Encoding: chunked, identity"], "same", [400, 501]),
  refuses("identity alone", [post, host, "Transfer-Encoding: identity"], "same", [400, 501]),
  refuses(
    "chunked twice",
    [post, host, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "same",
    [400, 501],
  ),
  refuses("chunked twice in one line", [post, host, "Transfer-Encoding: chunked, chunked"], "same", [400, 501]),
  refuses(
    "chunked in two lines with another",
    [post, host, "Transfer-Encoding: x", "Transfer-Encoding: chunked"],
    "same",
    [400, 501],
  ),
  refuses("xchunked", [post, host, "Transfer-Encoding: xchunked"], "same", [400, 501]),
  refuses("chunked in quotes", [post, host, 'Transfer-Encoding: "chunked"'], "same", [400, 501]),
  refuses("chunked with a parameter", [post, host, "Transfer-Encoding: chunked;q=1"], "same", [400, 501]),
  refuses("chunked behind a vertical tab", [post, host, "Transfer-Encoding: \x0bchunked"], "same", [400, 501]),
  refuses("an empty coding", [post, host, "Transfer-Encoding: "], "same", [400, 501]),
  refuses("a vertical tab in the name", [post, host, "Transfer-Encoding\x0b: chunked"]),
  refuses("a blank before the colon", [post, host, "Transfer-Encoding : chunked"]),
  refuses("a tab before the colon", [post, host, "Content-Length\t: 6"]),
  refuses("a blank in a name", [post, host, "Content Length: 6"]),
  refuses("a field without a name", [post, host, ": 6"]),
  refuses("a field without a colon", [post, host, "Content-Length"]),
  refuses("a folded field", [post, host, "X-Fold: a", " b"]),
  refuses("a folded field that hides a coding", [post, host, "X-Fold: a", "\tTransfer-Encoding: chunked"]),
  refuses("a blank before the first field", [post, ` ${host}`, "X: 1"]),
  refuses("a zero byte in a value", [post, host, "X-Zero: a\0b"]),
  refuses("a zero byte in a name", [post, host, "X-\0Zero: a"]),
  refuses("a carriage return in a value", [post, host, "X-Return: a\rTransfer-Encoding: chunked"]),
  refuses("a control sign in a value", [post, host, "X-Bell: a\x07b"], taken(lenient)),
  refuses("no host", [post]),
  refuses("two hosts", [post, host, "Host: evil.example"]),
  refuses("the same host twice", [post, host, host]),
  refuses("two names in one host", [post, "Host: relay.test, evil.example"]),
  refuses("a host with a blank", [post, "Host: relay.test evil.example"]),
  refuses("a host with a path", [post, "Host: relay.test/evil"]),
  refuses("a host with a user", [post, "Host: relay.test@evil.example"], taken(lenient)),
  refuses("chunks in HTTP/1.0", [`POST ${path} HTTP/1.0`, host, "Transfer-Encoding: chunked"], "same", [400, 501]),
  refuses("HTTP/2.0 in letters", [`POST ${path} HTTP/2.0`, host], "same", [400, 505]),
  refuses(
    "HTTP/1.2, which does not exist",
    [`POST ${path} HTTP/1.2`, host],
    taken("it goes by the first digit"),
    [400, 505],
  ),
  refuses("a version in small letters", [`POST ${path} http/1.1`, host]),
  refuses("a version without digits", [`POST ${path} HTTP/1.`, host], "same", [400, 505]),
  refuses("a tab for a blank", [`POST\t${path} HTTP/1.1`, host]),
  refuses("a blank before the method", [` POST ${path} HTTP/1.1`, host]),
  refuses("a blank in the path", [`POST ${path} b HTTP/1.1`, host]),
  refuses("a blank behind the version", [`POST ${path} HTTP/1.1 `, host], taken(lenient)),

  refusesBytes("lines that end without a carriage return", `${post}\n${host}\n\n`, taken(lenient, "a request")),
  refusesBytes(
    "one field that ends without a carriage return",
    `${post}\r\n${host}\nContent-Length: 0\r\n\r\n`,
    taken(lenient, "a request"),
  ),
  refusesBytes(
    "a head that ends without a carriage return",
    `${post}\r\n${host}\r\nContent-Length: 0\r\n\n`,
    taken(lenient, "a request"),
  ),
  refusesBytes("lines that end without a line feed", `${post}\r${host}\r\r`),
  refusesBytes("a request of HTTP/0.9", `GET ${path}\r\n`, {
    untold: "it answers it in HTTP/0.9: a body without a head",
  }),
  refusesBytes("the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  refusesBytes("the beginning of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),

  refusesChunks("a chunk's size beyond every number", "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk's size below nought", "-1\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk's size with a plus", "+3\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk's size as programmers write it", "0x3\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk without a size", "\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk's size with a blank before it", " 3\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk's size that is no number", "zz\r\nabc\r\n0\r\n\r\n"),
  refusesChunks("a chunk longer than its size", "3\r\nabcdef\r\n0\r\n\r\n"),
  refusesChunks(
    "a chunk's size that ends without a carriage return",
    "3\nabc\r\n0\r\n\r\n",
    taken(lenient, "a request"),
  ),
  refusesChunks("a chunk that ends without a carriage return", "3\r\nabc\n0\r\n\r\n", taken(lenient, "a request")),
  refusesChunks("an extension with a line feed in it", "3;a\nb\r\nabc\r\n0\r\n\r\n"),
  {
    ...refusesChunks(
      "a very long extension",
      `3;${"e".repeat(20_000)}
abc
0

`,
      taken(lenient, "a request"),
    ),
    gets: [{ line: [400, 413] }],
  },
  refusesChunks("trailers that are none", "0\r\nX Trailer: 1\r\n\r\n", taken(lenient, "a request")),
];
