import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cdata, parseXml } from "./flat-xml.ts";
import { junk } from "./junk-for-tests.ts";

describe("XML as the platforms write it", () => {
  it.each([
    ["text in CDATA", "<xml><A><![CDATA[<b> & ]]></A></xml>", { A: "<b> & " }],
    ["text", "<xml><A>1409659813</A></xml>", { A: "1409659813" }],
    ["line feeds between elements", "\n<xml>\n<A>1</A>\n  <B>2</B>\n</xml>\n", { A: "1", B: "2" }],
    ["nothing", "<xml><A></A><B/><C /><D><![CDATA[]]></D></xml>", { A: "", B: "", C: "", D: "" }],
    ["elements in elements", "<xml><A><B>1</B><C><D>2</D></C></A></xml>", { A: { B: "1", C: { D: "2" } } }],
    ["one element many times", "<xml><A>1</A><A>2</A><A><B>3</B></A></xml>", { A: ["1", "2", { B: "3" }] }],
    ["a declaration", '<?xml version="1.0" encoding="UTF-8"?>\n<xml><A>1</A></xml>', { A: "1" }],
    ["a byte order mark", "\ufeff<xml><A>1</A></xml>", { A: "1" }],
    ["the entities of XML", "<xml><A>&lt;&gt;&amp;&quot;&apos;</A></xml>", { A: "<>&\"'" }],
    ["numbered characters", "<xml><A>&#20320;&#x597D;&#x1F600;</A></xml>", { A: "你好😀" }],
    ["entities in CDATA, which are none", "<xml><A><![CDATA[&lt;&x;]]></A></xml>", { A: "&lt;&x;" }],
    ["CDATA cut where it would end", "<xml><A><![CDATA[a]]]]><![CDATA[>b]]></A></xml>", { A: "a]]>b" }],
    ["CDATA beside text", "<xml><A> a<![CDATA[b]]>c </A></xml>", { A: " abc " }],
    ["spaces in tags", "<xml ><A >1</A\n></xml >", { A: "1" }],
    ["another root", "<msg><A>1</A></msg>", { A: "1" }],
    ["names that objects have", "<xml><__proto__>1</__proto__><constructor>2</constructor></xml>", protoNamed()],
  ])("may have %s", (_what, text, root) => {
    expect(parseXml(text)).toEqual({ ok: true, root });
  });

  it("does not reach what all objects share", () => {
    parseXml("<xml><__proto__><polluted>1</polluted></__proto__></xml>");
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("XML that the platforms do not write", () => {
  it.each([
    ["a DTD", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><A>1</A></xml>', /DTD/],
    ["an inner DTD", '<xml><!ENTITY a "b"><A>1</A></xml>', /DTD/],
    ["a bomb", `<!DOCTYPE x [<!ENTITY a "${"b".repeat(99)}">]><xml><A>&a;&a;</A></xml>`, /DTD/],
    ["an entity of its own", "<xml><A>&file;</A></xml>", /entity other than/],
    ["a bare ampersand", "<xml><A>a & b</A></xml>", /entity other than/],
    ["the character 0", "<xml><A>&#0;</A></xml>", /entity other than/],
    ["half a character", "<xml><A>&#xD83D;</A></xml>", /entity other than/],
    ["a character too many", "<xml><A>&#x110000;</A></xml>", /entity other than/],
    ["a comment", "<xml><!-- a --><A>1</A></xml>", /comment/],
    ["a processing instruction", "<xml><?php ?><A>1</A></xml>", /processing instruction/],
    ["an attribute", '<xml><A b="1">1</A></xml>', /attributes/],
    ["a second root", "<xml><A>1</A></xml><xml><A>2</A></xml>", /follows the XML's root/],
    ["words behind it", "<xml><A>1</A></xml>more", /follows the XML's root/],
    ["words before it", "more<xml><A>1</A></xml>", /does not begin with an element/],
    ["only words", "<xml>words</xml>", /has no elements in it/],
    ["no content", "<xml/>", /has no elements in it/],
    ["words beside elements", "<xml>words<A>1</A></xml>", /text beside elements/],
    ["an end that is another's", "<xml><A>1</B></xml>", /another one's name/],
    ["an end that is longer", "<xml><A>1</AB></xml>", /another one's name/],
    ["no end", "<xml><A>1</A>", /does not end/],
    ["half a tag", "<xml><A", /does not end/],
    ["half a CDATA", "<xml><A><![CDATA[x]]</A></xml>", /CDATA section of the XML does not end/],
    ["half a declaration", "<?xml version", /declaration does not end/],
    ["a name of nothing", "<xml><>1</></xml>", /more than a name/],
    ["a name that is too long", `<xml><${"A".repeat(200)}>1</${"A".repeat(200)}></xml>`, /more than a name/],
    ["nothing", "", /does not begin with an element/],
    ["17 levels", `${"<a>".repeat(17)}${"</a>".repeat(17)}`, /nested deeper than 16/],
    ["10,001 elements", `<xml>${"<a/>".repeat(10_000)}</xml>`, /more than 10000 elements/],
    ["more than 1 MiB", `<xml><A>${"a".repeat(1 << 20)}</A></xml>`, /longer than 1 MiB/],
  ])("is refused for %s", (_what, text, says) => {
    const parsed = parseXml(text);
    expect(parsed.ok ? "parsed" : parsed.fault).toMatch(says);
  });

  it("is not quoted when it is refused", () => {
    const parsed = parseXml("<xml><hunter2 pass='hunter2'>hunter2</xml>");
    expect(JSON.stringify(parsed)).not.toContain("hunter2");
  });

  it("may be as deep as 16 and as many as 10,000", () => {
    expect(parseXml(`${"<a>".repeat(15)}<b>1</b>${"</a>".repeat(15)}`).ok).toBe(true);
    expect(parseXml(`<xml>${"<a/>".repeat(9_999)}</xml>`).ok).toBe(true);
  });
});

describe("whatever text comes", () => {
  it("it is parsed or refused, and nothing is thrown", () => {
    const seen = { parsed: 0, refused: 0 };
    for (const text of junk(150_000, 1)) {
      try {
        seen[parseXml(text).ok ? "parsed" : "refused"] += 1;
      } catch (error) {
        expect.fail(`${JSON.stringify(text)}: ${String(error)}`);
      }
    }
    // Both happen, or the texts would prove little.
    expect(seen.parsed).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100_000);
  }, 60_000);

  it.each([
    ["tags", "<a>", ""],
    ["tags that do not end", "<a", ""],
    ["CDATA that does not end", "<![CDATA[", "<xml><A>"],
    ["ends of CDATA", "]]>", "<xml><A>"],
    ["ampersands", "&", "<xml><A>"],
    ["entities", "&#1;", "<xml><A>"],
    ["spaces in a tag", " ", "<xml><A"],
    ["slashes", "/", "<xml><A"],
    ["pieces of CDATA", "<![CDATA[a]]>", "<xml><A>"],
  ])("a megabyte of %s takes no longer than it takes to read", (_what, piece, start) => {
    const text = start + piece.repeat((1 << 20) / piece.length - 10);
    const began = process.cpuUsage();
    expect(parseXml(text).ok).toBe(false);
    const { user, system } = process.cpuUsage(began);
    // What is quadratic takes minutes.
    expect((user + system) / 1000).toBeLessThan(2_000);
  });
});

describe("text in CDATA", () => {
  it("is read as it was written, but for what XML cannot write", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML cannot write.
        const written = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
        expect(parseXml(`<xml><A>${cdata(text)}</A></xml>`)).toEqual({ ok: true, root: { A: written } });
      }),
    );
  });
});

/** With properties of its own under the names that every object has. */
function protoNamed(): object {
  return Object.defineProperty(Object.assign(Object.create(null), { constructor: "2" }), "__proto__", {
    value: "1",
    enumerable: true,
  });
}
