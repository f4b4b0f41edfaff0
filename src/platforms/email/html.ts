import createParser, { type MarkdownIt } from "markdown-it";

const mono = "font-family:Menlo,Consolas,monospace";
const preStyle = `${mono};background:#f2f3f5;padding:12px;white-space:pre-wrap`;
/** Mail programs drop style sheets, so each element that needs a style carries it. */
const styles: Readonly<Record<string, string>> = {
  a: "color:#1456f0",
  code: `${mono};background:#f2f3f5`,
  pre: preStyle,
  blockquote: "margin:0;padding-left:12px;border-left:3px solid #c9cdd4;color:#4e5969",
  table: "border-collapse:collapse",
  th: "border:1px solid #c9cdd4;padding:4px 8px",
  td: "border:1px solid #c9cdd4;padding:4px 8px",
};

const markdown = withStyles(
  // Raw HTML is shown as it was typed; nesting is bounded, so no body can exhaust the stack. Alerts are often
  // plain lines, and their line breaks mean something.
  createParser({ html: false, linkify: false, breaks: true, maxNesting: 20 }),
);

/** CommonMark as HTML that may go into a mail: no raw HTML, no pictures, links to http, https and mailto only. */
export function htmlOf(commonMark: string): string {
  return markdown.render(commonMark);
}

/** The text as it is, in HTML. At most five times as long. */
export function preformatted(text: string): string {
  return `<pre style="${preStyle}">${escaped(text)}</pre>`;
}

/** Text between tags. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Text inside a double-quoted attribute. */
export function attribute(text: string): string {
  return escaped(text).replaceAll('"', "&quot;");
}

function withStyles(parser: MarkdownIt): MarkdownIt {
  // A remote picture tells its owner who reads the mail, when and where. Without the rule it is a link.
  parser.disable("image");
  parser.validateLink = (url) => /^(?:https?:\/\/|mailto:)/i.test(url.trim());
  parser.core.ruler.push("inline_styles", (state) => {
    for (const token of state.tokens) {
      for (const each of [token, ...(token.children ?? [])]) {
        const style = styles[each.type === "fence" || each.type === "code_block" ? "pre" : each.tag];
        if (each.nesting >= 0 && style !== undefined) each.attrJoin("style", style);
      }
    }
  });
  return parser;
}
