import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { email } from "../src/platforms/email/index.ts";
import { system } from "../src/platforms/system/index.ts";
import { causes } from "../src/relay/refusals.ts";
import { roomOf, type Source, sources } from "./structure/sources.ts";
import { root } from "./yizhan.ts";

const files = sources().filter(({ isForTests }) => !isForTests);

describe("docs/errors.md", () => {
  it("lists exactly the statuses that the API answers with", () => {
    const http = files.filter(({ path }) => roomOf(path) === "http");
    const used = found(http, /(?:answer\(reply, |\bstatus: |\.code\()([45]\d\d)\b/g);
    expect(used).toContain("400");
    expect(documented("Answers of the HTTP API")).toEqual(used);
  });

  it("lists exactly the causes of a relay's answers, each with its status", () => {
    const text = readFileSync(join(root, "docs/errors.md"), "utf8");
    const rows = [...text.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)].map(([, cause, status]) => [
      cause,
      Number(status),
    ]);
    const known = Object.entries(causes).map(([cause, { status }]) => [cause, status]);
    expect(rows.sort()).toEqual(known.sort());
  });

  it("lists exactly the codes of results that are the hub's own", () => {
    const senders = files.filter(
      ({ path }) => (roomOf(path) === "deliver" || roomOf(path) === "platforms") && !readsMail(path),
    );
    const used = new Set([
      ...found(senders, /\bcode: "([a-z][a-z-]*)"/g),
      ...found(senders, /\breadonly code: ((?:"[a-z]+"(?: \| )?)+)/g).flatMap((union) => union.match(/[a-z]+/g) ?? []),
      // The second of the two is what is shown.
      ...found(senders, /\brow\("\w+", "([a-z]+)"/g),
      ...found(senders, /\berrorOf\(\w+, "([a-z]+)"/g),
      ...found(senders, /`(http-)\$\{status\}`/g).map((prefix) => `${prefix}<status>`),
      ...Object.keys(system.errors),
    ]);
    for (const code of ["timeout", "network", "circuit-open", "http-<status>", "ENOSPC"]) expect(used).toContain(code);
    expect(documented("Results of a task").filter((code) => !kinds.has(code))).toEqual([...used].sort());
    // The mail table's own rows are among them, but for patterns of replies and one that shows the server's code.
    const own = Object.keys(email.errors).filter((code) => /^[a-z]+$/.test(code) && code !== "rate");
    for (const code of own) expect(used).toContain(code);
  });

  it("lists exactly the codes of a mailbox that cannot be read", () => {
    const readers = files.filter(({ path }) => readsMail(path));
    const used = found(readers, /\bcode: "([a-z]+)"/g);
    expect(used).toContain("login");
    expect(documented("Receiving mail")).toEqual(used);
  });

  it("lists exactly the codes of the store", () => {
    const used = found(files, /"(STORE_[A-Z]+)"/g);
    expect(used.length).toBeGreaterThan(3);
    expect(documented("The store")).toEqual(used);
  });

  it("names no other codes of classes than those", () => {
    const classes = found(files, /\breadonly code = "(\w+)"/g);
    const text = readFileSync(join(root, "docs/errors.md"), "utf8");
    expect(classes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });
});

function readsMail(path: string): boolean {
  return path.startsWith("platforms/email/imap");
}

const kinds = new Set(["rate-limited", "unauthorized", "unavailable", "rejected"]);

/** What the pattern's group catches in these files, each once, sorted. */
function found(where: readonly Source[], pattern: RegExp): string[] {
  const codes = where.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, code = ""]) => code));
  return [...new Set(codes)].sort();
}

/** The first column of the tables under a heading, sorted. */
function documented(heading: string): string[] {
  const text = readFileSync(join(root, "docs/errors.md"), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, code = ""]) => code).sort();
}
