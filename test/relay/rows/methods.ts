import { answers } from "../raw-target.ts";
import { message, ok, plain, post, type Row } from "../row.ts";

const path = "/wework-callback/a";

function passes(method: string): Row {
  return {
    name: `${method} without a body is passed on without one`,
    sends: message([`${method} ${path} HTTP/1.1`, "Host: relay.test"]),
    sees: [{ line: `${method} /a HTTP/1.1`, fields: [], framing: "none" }],
    gets: [plain],
    afterwards: "open",
    nginx: "same",
  };
}

function refuses(method: string, nginx: Row["nginx"] = "same"): Row {
  return {
    name: `${method} is refused`,
    sends: message([`${method} ${path} HTTP/1.1`, "Host: relay.test"]),
    gets: [{ line: 405 }],
    nginx,
  };
}

function withoutLength(method: string): Row {
  const line = `${method} /a HTTP/1.1`;
  return {
    name: `${method} without a body says that its length is nought`,
    sends: message([`${method} ${path} HTTP/1.1`, "Host: relay.test"]),
    sees: [{ line, own: { "content-length": "0", "transfer-encoding": null } }],
    gets: [plain],
    nginx: { sees: [{ line, framing: "none" }], why: "it adds nothing; a server may answer 411" },
  };
}

export const methodRows: readonly Row[] = [
  passes("GET"),
  passes("DELETE"),
  passes("OPTIONS"),
  withoutLength("POST"),
  withoutLength("PUT"),
  withoutLength("PATCH"),
  ...["POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(
    (method): Row => ({
      name: `${method} with a body is passed on with it`,
      sends: post(path, "<xml>\r\n\r\n</xml>", "Content-Type: text/xml").replace("POST", method),
      sees: [
        {
          line: `${method} /a HTTP/1.1`,
          fields: ["Content-Type: text/xml"],
          body: "<xml>\r\n\r\n</xml>",
          framing: "length",
        },
      ],
      gets: [plain],
      afterwards: "open",
      nginx: "same",
    }),
  ),
  {
    name: "HEAD is passed on as HEAD, and its answer's length with it",
    sends: message([`HEAD ${path} HTTP/1.1`, "Host: relay.test"]),
    sees: [{ line: "HEAD /a HTTP/1.1", fields: [], framing: "none" }],
    target: [answers(message(["HTTP/1.1 200 OK", "Content-Length: 1234", 'ETag: "x"']))],
    gets: [{ line: "HTTP/1.1 200 OK", toHead: true, fields: ['ETag: "x"'], own: { "content-length": "1234" } }],
    afterwards: "open",
    nginx: "same",
  },
  {
    name: "HEAD whose answer tells no length is told none",
    sends: message([`HEAD ${path} HTTP/1.1`, "Host: relay.test"]),
    sees: [{ line: "HEAD /a HTTP/1.1" }],
    target: [answers(message(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"]))],
    gets: [{ line: "HTTP/1.1 200 OK", toHead: true, own: { "content-length": null } }],
    nginx: "same",
  },
  refuses("TRACE"),
  refuses("PROPFIND"),
  {
    name: "CONNECT is refused",
    sends: message(["CONNECT inner:22 HTTP/1.1", "Host: inner:22"]),
    gets: [{ line: [405, 400] }],
    nginx: "same",
  },
  {
    name: "a method in small letters is none",
    sends: message([`get ${path} HTTP/1.1`, "Host: relay.test"]),
    gets: [{ line: [400, 405] }],
    nginx: "same",
  },
  {
    name: "a method in a field changes nothing",
    sends: message([
      `POST ${path} HTTP/1.1`,
      "Host: relay.test",
      "X-HTTP-Method-Override: DELETE",
      "Content-Length: 0",
    ]),
    sees: [{ line: "POST /a HTTP/1.1", fields: ["X-HTTP-Method-Override: DELETE"], own: { "content-length": "0" } }],
    target: [answers(ok("done"))],
    gets: [{ line: "HTTP/1.1 200 OK", body: "done" }],
    nginx: "same",
  },
];
