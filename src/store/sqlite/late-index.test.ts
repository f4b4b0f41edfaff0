import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { LateIndex } from "./late-index.ts";

/** A table of words, its index, and what should be found. */
class Words {
  readonly db = new DatabaseSync(":memory:");
  #index: LateIndex;
  /** What is stored. */
  #rows: { readonly n: number; readonly word: string | null }[] = [];
  #committed = this.#rows;

  constructor() {
    this.db.exec(`
      CREATE TABLE words (n INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
      CREATE TABLE word_index (generation INTEGER, hash INTEGER, row INTEGER, PRIMARY KEY (generation, hash, row))
        WITHOUT ROWID;
      CREATE TABLE index_generations (name TEXT, last_row INTEGER, filter BLOB, UNIQUE (name, last_row));
    `);
    this.#index = this.#open();
  }

  #open(): LateIndex {
    return new LateIndex({
      db: this.db,
      name: "word_index",
      of: { table: "words", row: "n", columns: "word" },
      text: ({ word }) => (word === null ? undefined : String(word)),
      generationRows: 200,
    });
  }

  /** One transaction. */
  change(outcome: "commit" | "undo", work: () => void): void {
    this.db.exec("BEGIN");
    work();
    if (outcome === "commit") {
      this.db.exec("COMMIT");
      this.#committed = this.#rows;
      this.#index.committed();
    } else {
      this.db.exec("ROLLBACK");
      this.#rows = this.#committed;
      this.#index.undone();
    }
  }

  add(word: string | null): void {
    const n = Number(this.db.prepare("INSERT INTO words (word) VALUES (?)").run(word).lastInsertRowid);
    this.#index.add(n, word ?? undefined);
    this.#rows = [...this.#rows, { n, word }];
  }

  deleteOldest(count: number): void {
    const gone = this.#rows.slice(0, count);
    for (const { n } of gone) this.db.prepare("DELETE FROM words WHERE n = ?").run(n);
    this.#rows = this.#rows.slice(count);
    this.#index.deleteBefore(this.#rows[0]?.n ?? Number.MAX_SAFE_INTEGER);
  }

  reopen(): void {
    this.#index = this.#open();
  }

  /** As whoever finds rows does: those that are there and have the word. */
  found(word: string): number[] {
    const has = this.db.prepare("SELECT 1 FROM words WHERE n = ? AND word = ?");
    return this.#index.find(word).filter((n) => has.get(n, word));
  }

  wanted(word: string): number[] {
    return this.#rows.filter((row) => row.word === word).map(({ n }) => n);
  }

  /** Rows that the index reads for a word. */
  looksAt(word: string): number {
    return this.#index.find(word).length;
  }

  count(table: string): number {
    return Number(this.db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
  }
}

function setup(): Words {
  const words = new Words();
  onTestFinished(() => words.db.close());
  return words;
}

const outcome = fc.constantFrom("commit", "commit", "commit", "undo");
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("add"), count: fc.integer({ min: 1, max: 120 }), outcome }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("delete"), count: fc.integer({ min: 1, max: 300 }), outcome }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen"), count: fc.constant(0), outcome }) },
);

describe("an index that is written late", () => {
  it("finds every row by its text, whatever was added, deleted, undone, and read again at a restart", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const words = new Words();
        let made = 0;
        // Some are of many rows, some of none, most of one.
        const next = () => (++made % 7 === 0 ? "often" : made % 11 === 0 ? null : `word ${made}`);
        for (const { kind, count, outcome } of steps) {
          if (kind === "reopen") words.reopen();
          else if (kind === "delete") words.change(outcome, () => words.deleteOldest(count));
          else {
            words.change(outcome, () => {
              for (let n = 0; n < count; n++) words.add(next());
            });
          }
        }
        const all = ["often", ...Array.from({ length: made }, (_, n) => `word ${n + 1}`)];
        const found = all.map((word) => words.found(word));
        expect(found).toEqual(all.map((word) => words.wanted(word)));
        words.db.close();
      }),
      { numRuns: 60 },
    );
  });

  it("finds a row in the transaction that adds it", () => {
    const words = setup();
    words.change("undo", () => {
      words.add("new");
      expect(words.found("new")).toEqual([1]);
    });
    expect(words.found("new")).toEqual([]);
  });

  it("writes a generation while the next one comes, and then has it on disk alone", () => {
    const words = setup();
    const add = (count: number) =>
      words.change("commit", () => {
        for (let n = 0; n < count; n++) words.add(`word ${words.count("words")}`);
      });
    add(200);
    expect([words.count("word_index"), words.count("index_generations")]).toEqual([0, 0]);
    add(70);
    expect(words.count("word_index")).toBeGreaterThan(0);
    expect([words.count("word_index") < 200, words.count("index_generations")]).toEqual([true, 0]);
    add(100);
    expect([words.count("word_index"), words.count("index_generations")]).toEqual([200, 1]);
    expect([0, 199, 200, 369].map((n) => words.found(`word ${n}`))).toEqual([[1], [200], [201], [370]]);
  });

  it("goes on after a restart in the middle of writing one", () => {
    const words = setup();
    for (const count of [200, 70]) {
      words.change("commit", () => {
        for (let n = 0; n < count; n++) words.add(`word ${words.count("words")}`);
      });
    }
    words.reopen();
    expect([words.count("word_index"), words.count("index_generations")]).toEqual([200, 1]);
    expect([0, 199, 200, 269].map((n) => words.found(`word ${n}`))).toEqual([[1], [200], [201], [270]]);
  });

  it("looks at next to no row for a text that is new", () => {
    const words = setup();
    words.change("commit", () => {
      for (let n = 0; n < 5_000; n++) words.add(`word ${n}`);
    });
    words.reopen();
    const news = Array.from({ length: 1_000 }, (_, n) => words.looksAt(`news ${n}`));
    expect(news.filter((looked) => looked > 0).length).toBeLessThan(10);
  });

  it("keeps nothing of rows that are gone", () => {
    const words = setup();
    for (let n = 0; n < 5; n++) {
      words.change("commit", () => {
        for (let n = 0; n < 200; n++) words.add(`word ${n}`);
      });
    }
    expect(words.count("index_generations")).toBeGreaterThan(2);
    for (let n = 0; n < 20; n++) {
      words.change("undo", () => words.deleteOldest(100));
      words.change("commit", () => {});
      words.change("commit", () => words.deleteOldest(100));
    }
    expect([words.count("word_index"), words.count("index_generations")]).toEqual([0, 0]);
  });
});
