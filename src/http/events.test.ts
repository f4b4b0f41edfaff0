import { describe, expect, it, onTestFinished } from "vitest";
import { EventFeed } from "../receive/feed.ts";
import type { NewEvent } from "../store/store.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { eventStreamEndpoint } from "./event-stream.ts";
import { eventEndpoints } from "./events.ts";
import { startHub } from "./hub-for-tests.ts";

describe("GET /api/v1/events", () => {
  it("gives the newest first, page by page, until there are no more", async () => {
    const { ask, arrive } = await setup();
    for (let index = 1; index <= 5; index++) await arrive({ key: `k${index}` });
    const seen: unknown[] = [];
    let cursor = "";
    for (let pages = 0; pages < 3; pages++) {
      const { body } = await ask("GET", `/api/v1/events?limit=2${cursor}`);
      seen.push(...(body.data.events as { id: string }[]).map(({ id }) => id.slice(-1)));
      cursor = body.data.next_cursor === null ? "end" : `&cursor=${body.data.next_cursor}`;
    }
    expect(seen).toEqual(["5", "4", "3", "2", "1"]);
    expect(cursor).toBe("end");
  });

  it("is narrowed by type, account, channel and time of arrival", async () => {
    const { ask, arrive } = await setup();
    await arrive({ key: "k1", subject: "room" }, { receivedAt: 1_000 });
    await arrive({ key: "k2", type: "yizhan.app.menu" }, { account: "other", receivedAt: 2_000 });
    const ids = async (query: string) => {
      const { body } = await ask("GET", `/api/v1/events?${query}`);
      return (body.data.events as { id: string }[]).map(({ id }) => id.slice(-1));
    };
    expect(await ids("type=yizhan.app.menu")).toEqual(["2"]);
    expect(await ids("type=yizhan.app.menu,yizhan.message.received")).toEqual(["2", "1"]);
    expect(await ids("account=main")).toEqual(["1"]);
    expect(await ids("account=feishu/main")).toEqual(["1"]);
    expect(await ids("account=dingtalk/main")).toEqual([]);
    expect(await ids("channel=room")).toEqual(["1"]);
    expect(await ids("since=1970-01-01T00:00:02Z")).toEqual(["2"]);
    expect(await ids("until=1970-01-01T00:00:02Z")).toEqual(["1"]);
  });

  it.each([
    ["type=nonsense", "type"],
    ["type=yizhan.app.menu,nonsense", "type"],
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["cursor=x", "cursor"],
    ["since=yesterday", "since"],
  ])("answers ?%s with 400 and the field", async (query, field) => {
    const { ask } = await setup();
    const { status, body } = await ask("GET", `/api/v1/events?${query}`);
    expect(status).toBe(400);
    expect((body.data.errors as { field: string }[]).map((error) => error.field)).toEqual([field]);
    expect(body.data.error).toMatch(new RegExp(`^${field}`));
  });

  it("gives one without the platform's own body, which may hold its tokens, and 404 for another", async () => {
    const { ask, arrive } = await setup();
    await arrive({ key: "k1" });
    const { body } = await ask("GET", `/api/v1/events/${idOf(1)}`);
    expect(body.data).toMatchObject({ event: { id: idOf(1) } });
    expect(JSON.stringify(body)).not.toContain("<raw/>");
    expect((await ask("GET", `/api/v1/events/${idOf(9)}`)).body).toMatchObject({ code: 404, message: "事件不存在" });
  });
});

describe("GET /api/v1/events/stream", () => {
  it("gives what arrives from now on, each with its place as id", async () => {
    const { open, arrive } = await setup();
    await arrive({ key: "k1" });
    const stream = await open("");
    await arrive({ key: "k2" });
    const [event] = await stream.take(1);
    expect(event).toMatchObject({ id: "2", event: "yizhan.message.received", data: { id: idOf(2) } });
  });

  it("goes on where a client left off, missing nothing and repeating nothing", async () => {
    const { open, arrive } = await setup();
    for (let index = 1; index <= 450; index++) await arrive({ key: `k${index}` });
    const stream = await open("", { "last-event-id": "3" });
    const events = await stream.take(447);
    expect(events.map(({ id }) => Number(id))).toEqual(Array.from({ length: 447 }, (_, index) => index + 4));
  });

  it("is narrowed like the list", async () => {
    const { open, arrive } = await setup();
    const stream = await open("?type=yizhan.app.menu&last_event_id=0");
    await arrive({ key: "k1" });
    await arrive({ key: "k2", type: "yizhan.app.menu" });
    expect((await stream.take(1)).map(({ id }) => id)).toEqual(["2"]);
  });

  it("looks once at what it passes over", async () => {
    const { open, arrive, wake, places } = await setup();
    const stream = await open("?type=yizhan.app.menu");
    for (let index = 1; index <= 3; index++) await arrive({ key: `k${index}` });
    await expect
      .poll(() => {
        wake();
        return places.at(-1);
      })
      .toBe(3);
    await arrive({ key: "k4", type: "yizhan.app.menu" });
    expect((await stream.take(1)).map(({ id }) => id)).toEqual(["4"]);
  });

  it("refuses more streams than it may have open, and takes one again when another has left", async () => {
    const { open, url } = await setup({ most: 1 });
    const first = await open("");
    const second = await fetch(`${url}/api/v1/events/stream`);
    expect(second.status).toBe(429);
    expect(second.headers.get("retry-after")).toBe("5");
    await second.body?.cancel();
    await first.leave();
    await expect.poll(async () => (await open("")).status, { timeout: 5_000 }).toBe(200);
  });

  it("answers a place that is none with 400", async () => {
    const { ask } = await setup();
    expect((await ask("GET", "/api/v1/events/stream?last_event_id=-1")).status).toBe(400);
  });
});

const idOf = (index: number) => `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`;

async function setup(options: { most?: number } = {}) {
  const world = await sqliteWorld();
  onTestFinished(() => world.remove());
  const { store } = world;
  const feed = new EventFeed(() => {});
  /** Behind which place the stream read, each time. */
  const places: (number | undefined)[] = [];
  const watched: Pick<typeof store, "events" | "newestEvent"> = {
    newestEvent: (tenant) => store.newestEvent(tenant),
    events(tenant, filter, page) {
      places.push(page.after);
      return store.events(tenant, filter, page);
    },
  };
  const stream = eventStreamEndpoint({
    tenant: "default",
    events: watched,
    listen: (onArrival) => feed.listen(onArrival),
    ...options,
  });
  const { url, ask } = await startHub({ more: [...eventEndpoints({ tenant: "default", events: store }), stream] });
  onTestFinished(() => stream.closeAll());

  let count = 0;
  const arrive = async (
    event: Partial<NewEvent> & { key: string },
    { account = "main", receivedAt = 1_000 }: { account?: string; receivedAt?: number } = {},
  ) => {
    const events = [{ id: idOf(++count), type: "yizhan.message.received" as const, at: 5, data: {}, ...event }];
    await store.arrive({ tenant: "default", account, platform: "feishu", receivedAt, events, raw: "<raw/>" });
    feed.tell([]);
  };
  const open = async (query: string, headers: Record<string, string> = {}) => {
    const leave = new AbortController();
    const response = await fetch(`${url}/api/v1/events/stream${query}`, { headers, signal: leave.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    return {
      status: response.status,
      async take(wanted: number) {
        const found: { id: string; event: string; data: { id: string } }[] = [];
        while (found.length < wanted) {
          const end = text.indexOf("\n\n");
          if (end < 0) text += (await reader?.read())?.value ?? "";
          else {
            const block = text.slice(0, end);
            text = text.slice(end + 2);
            const fields = new Map(
              block.split("\n").map((line) => [line.split(": ")[0], line.slice(line.indexOf(": ") + 2)]),
            );
            if (fields.has("id")) {
              const data = JSON.parse(fields.get("data") ?? "");
              found.push({ id: fields.get("id") ?? "", event: fields.get("event") ?? "", data });
            }
          }
        }
        return found;
      },
      async leave() {
        leave.abort();
      },
    };
  };
  return { url, ask, arrive, open, places, wake: () => feed.tell([]) };
}
