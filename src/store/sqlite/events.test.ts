import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { EventFilter, EventPage } from "../store.ts";
import { createVault } from "../vault.ts";
import { openDatabase } from "./database.ts";
import { Events } from "./events.ts";
import { HandlerCursors } from "./handlers.ts";

const pages: readonly [string, EventFilter, EventPage][] = [
  ["the newest", {}, { limit: 1 }],
  ["those after a place", {}, { after: 7, limit: 50 }],
  ["those before a place", {}, { before: 7, limit: 50 }],
  ["those of some types after a place", { types: ["yizhan.message.received"] }, { after: 7, limit: 50 }],
  ["those of an account and a chat", { account: "main", channel: "room" }, { limit: 50 }],
  ["those of a time", { since: 1, until: 2 }, { limit: 50 }],
];

it.each(pages)("a page of Events is read in the order they stand in, without sorting: %s", (_, filter, page) => {
  const { db, plans } = setup();
  const events = new Events(db, createVault(new Uint8Array(32)));
  const event = { id: "e1", type: "yizhan.app.other", key: "e1", at: 1, data: {} } as const;
  events.arrive({ tenant: "default", platform: "p", account: "main", receivedAt: 1, events: [event], raw: "" });
  events.page("default", filter, page);
  expect(plans("FROM events").filter((plan) => /B-TREE|INDEX/.test(plan))).toEqual([]);
});

it("the newest Event is found without looking at the others", () => {
  const { db, plans } = setup();
  new HandlerCursors(db).newest("default");
  expect(plans("SELECT seq FROM events").filter((plan) => /B-TREE|INDEX/.test(plan))).toEqual([]);
});

/** A database that remembers what was prepared, and how SQLite would go about the queries that begin or go on so. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), "yizhan-events-"));
  const db = openDatabase(folder);
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const asked: string[] = [];
  const prepare = db.prepare.bind(db);
  db.prepare = (sql, ...rest) => {
    asked.push(sql);
    return prepare(sql, ...rest);
  };
  const plans = (part: string) => {
    const found = asked.filter(
      (sql) => sql.includes(part) && sql.includes("ORDER BY seq") && !sql.includes("message = "),
    );
    if (found.length === 0) throw new Error("no such query was prepared");
    return found
      .filter((sql) => sql.startsWith("SELECT"))
      .flatMap((sql) =>
        prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map(({ detail }) => String(detail)),
      );
  };
  return { db, plans };
}
