import { describe, expect, it, onTestFinished } from "vitest";
import { hasNginx, Nginx } from "./relay/nginx.ts";
import { RawClient } from "./relay/raw-client.ts";
import { answers, RawTarget } from "./relay/raw-target.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { get, ok, rowForNginx, TARGET } from "./relay/row.ts";
import { sections } from "./relay/rows.ts";
import { sweep } from "./relay/sweep.ts";
import { valuesOf } from "./relay/wire.ts";

describe("the relay alone, by TARGET_SERVER_URL", () => {
  sweep({ start: ({ url }) => RelayProcess.start({ target: url }), rowOf: (row) => row, keepsOrder: true });
});

describe("the relay in a hub, by TARGET_SERVER_URL", () => {
  sweep({ start: ({ url }) => RelayProcess.hub({ target: url }), rowOf: (row) => row, keepsOrder: true });
});

describe.skipIf(!hasNginx())("nginx as a second opinion (skipped where it is not installed)", () => {
  sweep({ start: (target) => Nginx.start(target.authority), rowOf: rowForNginx, keepsOrder: false });
});

describe("the table", () => {
  it("has a name for each rule, and each once", () => {
    const names = Object.entries(sections).flatMap(([section, rows]) => rows.map(({ name }) => `${section}: ${name}`));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.length).toBeGreaterThan(200);
  });
});

describe("a target with a path of its own", () => {
  async function ask(path: string, answer = ok("ok")) {
    const target = await RawTarget.listen();
    onTestFinished(() => target[Symbol.asyncDispose]());
    target.expect([answers(answer)]);
    const relay = await RelayProcess.start({ target: `${target.url}/base/` });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    using client = await RawClient.connect(relay.url);
    client.write(get(path));
    const answered = await client.answer();
    return { line: target.seen()[0]?.line, location: valuesOf(answered, "location")[0] };
  }

  it.each([
    ["/wework-callback", "/base"],
    ["/wework-callback/", "/base/"],
    ["/wework-callback?a=1", "/base?a=1"],
    ["/wework-callback/hook/?a=1", "/base/hook/?a=1"],
    ["/wework-callback//hook", "/base//hook"],
  ])("has it before %s", async (path, seen) => {
    expect((await ask(path)).line).toBe(`GET ${seen} HTTP/1.1`);
  });

  it("is known again in a Location, and no other path of its host is", async () => {
    const login = await ask("/wework-callback", ok("", `Location: http://${TARGET}/base/login`));
    expect(login.location).toMatch(/^(http:\/\/relay\.test)?\/wework-callback\/login$/);
    const other = await ask("/wework-callback", ok("", `Location: http://${TARGET}/baseless`));
    expect(other.location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/baseless$/);
  });
});
