import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ConfigFile } from "./config-file.ts";
import { type Hub, world } from "./hub.ts";
import { accounts, secrets } from "./receiving/accounts.ts";
import { PlatformCaller, post, tampered } from "./receiving/platform-caller.ts";
import { eventsOf } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";

const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 256));

describe("a file that somebody sends to an app", () => {
  it("is fetched after its Event, and given byte for byte, as a file to save", async () => {
    const { sandbox, send, hub } = await office();
    sandbox.apis.keepFile({ platform: "wecom", ref: "media-1", bytes, contentType: "image/png" });
    const answer = await attachmentOf(hub, await send("media-1"));
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("content-disposition")).toContain("attachment");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
  });

  it("is fetched at once after a kill, when the hub died while it asked for it", async () => {
    const silence = await silentServer();
    const { sandbox, send, hub, start, configure } = await office({ base_url: silence.url });
    sandbox.apis.keepFile({ platform: "wecom", ref: "media-1", bytes, contentType: "image/png" });
    const event = await send("media-1");
    await silence.asked;
    await hub.kill();
    configure({});
    expect((await attachmentOf(await start(), event)).status).toBe(200);
  });

  it("is refused where it is larger than the file allows, until a reload allows more", async () => {
    const { sandbox, send, hub, configure } = await office({ media: { max_file_bytes: 999 } });
    sandbox.apis.keepFile({ platform: "wecom", ref: "media-1", bytes, contentType: "image/png" });
    const refused = await attachmentOf(hub, await send("media-1"));
    expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining("[file-size]")]);
    configure({ media: { max_file_bytes: 1_000 } });
    expect((await hub.ask("POST", "/api/v1/reload")).status).toBe(200);
    expect((await attachmentOf(hub, await send("media-1"))).status).toBe(200);
  });
});

describe("an account that follows its platform's list of addresses", () => {
  it("takes calls from those, once it has the list, and from no others", async () => {
    const { sandbox, hub, caller } = await office({ listed: true });
    const from = async (address: string) => {
      const request = caller.happened({ event: "enter", person: "lisi" }).request();
      return (await post(tampered(request, { headers: { "x-forwarded-for": address } }))).status;
    };
    await until(async () => (await from("198.51.100.1")) === 403, { what: "the list being known" });
    expect(sandbox.apis.asked.get("/cgi-bin/getcallbackip")).toBe(1);
    expect([await from("203.0.113.7"), await from("192.0.2.99"), await from("192.0.3.1")]).toEqual([200, 200, 403]);
    await hub.process.printed(/WARN.*a callback was refused: 198\.51\.100\.1 is not in this account's list/);
  });
});

interface Wanted {
  readonly media?: ConfigFile["media"];
  readonly listed?: boolean;
  /** Where the platform is; the sandbox, when absent. */
  readonly base_url?: string;
}

/** A WeCom app whose platform is the sandbox. */
async function office(wanted: Wanted = {}) {
  const made = await world();
  const { url } = made.sandbox;
  made.sandbox.apis.addresses.set("wecom", ["203.0.113.7", "192.0.2.*"]);
  const configure = ({ media, listed = false, base_url = url }: Wanted) =>
    made.configure({
      ...(media ? { media } : {}),
      server: { trust_proxy: ["127.0.0.1"] },
      accounts: {
        app: {
          platform: "wecom",
          ...accounts.app.settings,
          secret: "app-secret",
          base_url,
          ...(listed ? { allowed_addresses: ["platform"] } : {}),
        },
      },
    });
  configure(wanted);
  const hub = await made.start();
  const caller = new PlatformCaller("wecom", { ...accounts.app.caller, url: `${hub.url}/callbacks/default/wecom/app` });
  return {
    ...made,
    hub,
    caller,
    configure,
    /** Answers the Event's id. */
    async send(media: string): Promise<string> {
      const happened = caller.happened({ event: "message", person: "lisi", kind: "image", media });
      expect((await happened.send()).verdict).toBe("accepted");
      const event = (await eventsOf(hub)).at(-1);
      expect(event?.data).toMatchObject({ messageId: happened.messageId, attachments: [{ ref: media }] });
      expect(JSON.stringify(event)).not.toContain(secrets.wecomToken);
      return event?.id ?? "";
    },
  };
}

/** A platform that takes every question, and answers none. */
async function silentServer() {
  const asked = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on("data", () => asked.resolve()).on("error", () => {});
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: asked.promise };
}

/** The answer about its first file, once it is fetched or given up. */
async function attachmentOf({ url }: Hub, event: string): Promise<Response> {
  return until(
    async () => {
      const answer = await fetch(`${url}/api/v1/events/${event}/attachments/0`);
      return !(await answer.clone().text()).includes('"waiting"') && answer;
    },
    { what: "the file" },
  );
}
