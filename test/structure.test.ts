import { describe, expect, it } from "vitest";
import { refusedByLinter } from "./structure/lint.ts";
import { documentedRooms, type Room, tops } from "./structure/rooms.ts";
import { roomOf, sources } from "./structure/sources.ts";

const rooms = documentedRooms();
const files = sources();
const production = files.filter(({ isForTests }) => !isForTests);

describe("the table of rooms", () => {
  it("names every folder of src/", () => {
    const known = new Set([...rooms.map(({ name }) => name), "version.ts"]);
    expect(files.map(({ path }) => roomOf(path)).filter((name) => !known.has(name))).toEqual([]);
    expect(rooms.length).toBeGreaterThanOrEqual(11);
  });

  it("is what the files keep to", () => {
    const allowed = new Map(rooms.map(({ name, mayImport }) => [name, mayImport]));
    const wrong = production.flatMap(({ path, files: imported }) =>
      imported
        .filter((target) => {
          const [from, to] = [roomOf(path), roomOf(target)];
          const isVersion = to === "version.ts" && tops.has(from);
          return from !== to && !isVersion && !allowed.get(from)?.has(to);
        })
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
    expect(production.flatMap((file) => file.files).length).toBeGreaterThan(300);
  });

  it("is what the linter enforces, each way that is not allowed", () => {
    const cases = rooms
      .filter(({ name }) => !isTop(name))
      .flatMap((room) => rooms.map((to) => ({ room, to: to.name })));
    const ways = cases.filter(({ room, to }) => room.name !== to && to !== "testing").flatMap(waysOf);
    const refused = refusedByLinter(new Map(ways.map(({ path, text }) => [path, text])));
    for (const { path, isAllowed } of ways) expect([path, refused.has(path)]).toEqual([path, !isAllowed]);
    expect(ways.filter(({ isAllowed }) => !isAllowed).length).toBeGreaterThan(50);
  });
});

describe("a platform", () => {
  it("imports no other platform", () => {
    const wrong = production.flatMap(({ path, files: imported }) => {
      const own = platformOf(path);
      return imported
        .filter((target) => own && platformOf(target) && platformOf(target) !== own)
        .map((to) => `${path}: ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  it("is kept from it by the linter", () => {
    const refused = refusedByLinter(
      new Map([
        ["src/platforms/feishu/wrong.ts", 'import { render } from "../wecom/render.ts";\nexport { render };\n'],
        ["src/platforms/feishu/deep/wrong.ts", 'import { render } from "../../wecom/render.ts";\nexport { render };\n'],
        ["src/platforms/feishu/right.ts", 'import { actions } from "../actions.ts";\nexport { actions };\n'],
        ["src/platforms/feishu/inner.ts", 'import { render } from "./render.ts";\nexport { render };\n'],
      ]),
    );
    expect(refused).toContain("src/platforms/feishu/wrong.ts");
    expect(refused).not.toContain("src/platforms/feishu/right.ts");
    expect(refused).not.toContain("src/platforms/feishu/inner.ts");
  });
});

describe("the ground floor", () => {
  it("needs nothing from outside, no clock and no dice", () => {
    const model = production.filter(({ path }) => roomOf(path) === "model");
    expect(model.length).toBeGreaterThan(10);
    expect(model.flatMap(({ path, packages }) => packages.map((name) => `${path} imports ${name}`))).toEqual([]);
    const impure = /\b(Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|crypto\.)/;
    expect(model.filter(({ text }) => impure.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe("what runs at the customer's", () => {
  it("imports nothing that only tests use", () => {
    const wrong = production.flatMap(({ path, files: imported, packages }) => [
      ...packages.filter((name) => name === "vitest" || name === "fast-check").map((name) => `${path}: ${name}`),
      ...imported.filter((to) => files.find((file) => file.path === to)?.isForTests).map((to) => `${path}: ${to}`),
    ]);
    expect(wrong).toEqual([]);
  });
});

describe("files", () => {
  it("are short: half of them at most 120 lines, none over 400", () => {
    const lengths = production.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(120);
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
  });

  it("have names that say what is in them", () => {
    const grabBags = /(^|\/)(utils?|helpers?|common|types|misc)\.ts$/;
    expect(files.map(({ path }) => path).filter((path) => grabBags.test(path))).toEqual([]);
  });

  it("export by name", () => {
    expect(files.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

interface Way {
  readonly path: string;
  readonly text: string;
  readonly isAllowed: boolean;
}

/** An import from the room itself, and one from a folder inside it. */
function waysOf({ room, to }: { room: Room; to: string }): Way[] {
  const target = to.endsWith(".ts") ? to : `${to}/thing.ts`;
  const name = to.replace(/\W/g, "-");
  const isAllowed = room.mayImport.has(to);
  const text = (up: string) => `import { thing } from "${up}/${target}";\nexport { thing };\n`;
  return [
    { path: `src/${room.name}/to-${name}.ts`, text: text(".."), isAllowed },
    { path: `src/${room.name}/inner/to-${name}.ts`, text: text("../.."), isAllowed },
  ];
}

/** `testing` may import what it likes, and nothing keeps the composition root from anything. */
function isTop(name: string): boolean {
  return name === "testing" || tops.has(name);
}

function platformOf(path: string): string | undefined {
  return /^platforms\/(\w+)\//.exec(path)?.[1];
}
