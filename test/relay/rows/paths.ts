import { get, message, plain, type Row } from "../row.ts";

/** A path that is passed on, and how the target sees it. Byte for byte: signatures cover it. */
function passes(name: string, path: string, seen: string): Row {
  return { name, sends: get(path), sees: [{ line: `GET ${seen} HTTP/1.1` }], gets: [plain], nginx: "same" };
}

/** A path that the relay refuses, and what nginx makes of it. */
function refuses(name: string, path: string, nginx: Row["nginx"], line: number | readonly number[] = 400): Row {
  return { name, sends: get(path), gets: [{ line }], nginx };
}

/** nginx resolves dot segments, decoded ones too, before it looks for a location; these leave the prefix. */
const resolved = { gets: [{ line: 404 }], why: "it resolves dot segments first and finds no such location" } as const;

function passesInNginx(seen: string, why: string): Row["nginx"] {
  return { sees: [{ line: `GET ${seen} HTTP/1.1` }], gets: [plain], why };
}

const verification = "msg_signature=a%2Bb&timestamp=13500001234&nonce=123412323&echostr=%2F%3D%2b";

export const pathRows: readonly Row[] = [
  passes("the prefix alone is the target's root", "/wework-callback", "/"),
  passes("the prefix with a slash too", "/wework-callback/", "/"),
  passes("a path below the prefix loses the prefix", "/wework-callback/webhook", "/webhook"),
  passes("a slash at the end stays", "/wework-callback/webhook/", "/webhook/"),
  passes("a deep path stays as it is", "/wework-callback/a/b/c.d/e_f", "/a/b/c.d/e_f"),
  passes("the prefix again below the prefix is a path", "/wework-callback/wework-callback/x", "/wework-callback/x"),
  passes("a query on the prefix alone", `/wework-callback?${verification}`, `/?${verification}`),
  passes("a query is sent once, byte for byte", `/wework-callback/a?${verification}`, `/a?${verification}`),
  passes("repeated, empty and nameless parameters", "/wework-callback/a?x=1&x=2&y=&&z&=", "/a?x=1&x=2&y=&&z&="),
  passes(
    "signs that forms give a meaning",
    "/wework-callback/a?q=a+b%20c&d[]=1&e='~!$()*,;:@/?",
    "/a?q=a+b%20c&d[]=1&e='~!$()*,;:@/?",
  ),
  passes(
    "a query with dots, slashes and percent signs",
    "/wework-callback/a?r=/../b/..%2f&p=100%&z=%zz",
    "/a?r=/../b/..%2f&p=100%&z=%zz",
  ),
  passes("an empty query keeps its question mark", "/wework-callback/a?", "/a?"),
  passes("encoded slashes and Chinese", "/wework-callback/a%2Fb/%E4%B8%AD", "/a%2Fb/%E4%B8%AD"),
  passes("hex digits keep their case", "/wework-callback/%e4%b8%aD%2f", "/%e4%b8%aD%2f"),
  passes("encoded question marks and hashes do not become a query", "/wework-callback/a%3Fb%23c", "/a%3Fb%23c"),
  passes("encoded letters are not decoded", "/wework-callback/%61%62", "/%61%62"),
  passes("what is encoded twice is decoded by nobody", "/wework-callback/%252e%252e/a%252Fb", "/%252e%252e/a%252Fb"),
  passes("two slashes stay two", "/wework-callback/a//b", "/a//b"),
  passes("a second slash names no other host", "/wework-callback//evil.example/x", "//evil.example/x"),
  passes("signs that need no encoding", "/wework-callback/a;b=c/:@!$&'()*+,~-._", "/a;b=c/:@!$&'()*+,~-._"),
  passes("dots that are no dot segment", "/wework-callback/.../a..b/..c/d..", "/.../a..b/..c/d.."),

  refuses("a prefix that goes on is another path", "/wework-callbackX", "same", 404),
  refuses("a prefix in other letters is another path", "/Wework-Callback/a", "same", 404),
  refuses(
    "a prefix that is encoded is another path",
    "/wework%2Dcallback/a",
    passesInNginx("/nowhere", "it finds locations by the decoded path; our map knows the raw one only"),
    [404, 400],
  ),
  refuses("a path beside the prefix", "/admin", "same", 404),

  refuses("a way up out of the prefix", "/wework-callback/../admin", resolved),
  refuses("a way up at the end", "/wework-callback/..", resolved),
  refuses("a way up, encoded", "/wework-callback/%2e%2e/admin", resolved),
  refuses("a way up, half encoded", "/wework-callback/%2E./admin", resolved),
  refuses("a way up, the other half", "/wework-callback/.%2e/admin", resolved),
  refuses("a way up behind an encoded slash", "/wework-callback/..%2fadmin", resolved),
  refuses("a way up, all of it encoded", "/wework-callback/%2e%2e%2fadmin", resolved),
  refuses(
    "a way up inside the prefix",
    "/wework-callback/a/../b",
    passesInNginx("/a/../b", "the raw path goes on, and what it resolves to is inside"),
  ),
  refuses(
    "a way up inside, behind an encoded slash",
    "/wework-callback/a%2f..%2fb",
    passesInNginx("/a%2f..%2fb", "likewise"),
  ),
  refuses(
    "a backslash",
    "/wework-callback/..\\admin",
    passesInNginx("/..\\admin", "a backslash is a letter to it; to Windows it is a slash"),
  ),
  refuses("an encoded backslash", "/wework-callback/..%5cadmin", passesInNginx("/..%5cadmin", "likewise")),
  refuses("an encoded zero byte", "/wework-callback/a%00.txt", "same"),
  refuses(
    "an encoded line break",
    "/wework-callback/a%0d%0aX:%20y",
    passesInNginx("/a%0d%0aX:%20y", "it goes on encoded, and is the target's risk"),
  ),
  refuses("a hash", "/wework-callback/a#b", passesInNginx("/a#b", "the raw target goes on")),
  refuses("a percent sign without digits", "/wework-callback/a%zz", "same"),
  refuses("a percent sign at the end", "/wework-callback/a%2", "same"),
  refuses("a lone percent sign", "/wework-callback/%", "same"),

  {
    name: "an absolute form that names another host",
    sends: message(["GET http://evil.example/wework-callback/x HTTP/1.1", "Host: relay.test"]),
    gets: [{ line: 400 }],
    nginx: passesInNginx("/x", "it takes the form, as RFC 9112 3.2.2 wants; the host would choose a virtual one"),
  },
  {
    name: "an absolute form that names this host",
    sends: message(["GET http://relay.test/wework-callback/x HTTP/1.1", "Host: relay.test"]),
    gets: [{ line: 400 }],
    nginx: passesInNginx("/x", "likewise"),
  },
  {
    name: "a path that does not begin with a slash",
    sends: message(["GET wework-callback/x HTTP/1.1", "Host: relay.test"]),
    gets: [{ line: 400 }],
    nginx: "same",
  },
  {
    // RFC 9112 3 lets a server read it by its words; what goes on has one blank each.
    name: "a request line with more blanks than it needs goes on with one",
    sends: message(["GET   /wework-callback/x  HTTP/1.1", "Host: relay.test"]),
    sees: [{ line: "GET /x HTTP/1.1" }],
    gets: [plain],
    nginx: "same",
  },
  {
    name: "OPTIONS of the whole server is not the target's business",
    sends: message(["OPTIONS * HTTP/1.1", "Host: relay.test"]),
    gets: [{ line: [200, 204, 400, 404] }],
    nginx: "same",
  },
];
