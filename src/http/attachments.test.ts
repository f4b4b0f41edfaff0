import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import type { StoredAttachment } from "../store/store.ts";
import { attachmentEndpoints, dispositionOf } from "./attachments.ts";
import { startHub } from "./hub-for-tests.ts";

const sha256 = "a".repeat(64);
const fetched = { kind: "fetched", sha256, bytes: 5, contentType: "text/html", name: "报告.html" } as const;

describe("a file that was fetched", () => {
  it("is given as a download that no browser shows, under its name", async () => {
    const { ask } = await hubWith(fetched);
    const { status, text, headers } = await ask("GET", "/api/v1/events/e1/attachments/0");
    expect([status, text]).toEqual([200, "hello"]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/html",
      "content-length": "5",
      "content-disposition": `attachment; filename="__.html"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.html`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    });
  });

  it.each([["text/html\r\nset-cookie: a=b"], ["nonsense"], [undefined]])(
    "has no type that is none: %s",
    async (contentType) => {
      const { ask } = await hubWith({ ...fetched, contentType });
      const { headers } = await ask("GET", "/api/v1/events/e1/attachments/0");
      expect(headers.get("content-type")).toBe("application/octet-stream");
      expect(headers.get("set-cookie")).toBeNull();
    },
  );
});

describe("a file that there is not", () => {
  it.each([
    ["is waited for", undefined, "e1/attachments/0", "附件尚未下载", { state: "waiting" }],
    [
      "was given up",
      { kind: "failed", error: "[40007] gone" } as const,
      "e1/attachments/0",
      "附件未能下载",
      { error: "[40007] gone" },
    ],
    ["is beyond the last", fetched, "e1/attachments/2", "附件不存在", { error: "该事件有2个附件，n应为0到1" }],
    ["has no number", fetched, "e1/attachments/x", "附件不存在", {}],
    ["is of an event that there is not", fetched, "e2/attachments/0", "事件不存在", { id: "e2" }],
    [
      "is no longer in the folder",
      { ...fetched, sha256: "b".repeat(64) },
      "e1/attachments/0",
      "附件未能下载",
      { state: "failed" },
    ],
  ])("because it %s, is 404 and says so", async (_why, file, path, message, data) => {
    const { ask } = await hubWith(file);
    const { status, body } = await ask("GET", `/api/v1/events/${path}`);
    expect([status, body]).toEqual([404, expect.objectContaining({ message, data: expect.objectContaining(data) })]);
  });
});

describe("a file's name in a header", () => {
  it.each([
    ["../../etc/passwd", `attachment; filename="passwd"; filename*=UTF-8''passwd`],
    ['a"b\r\nc.txt', `attachment; filename="a_bc.txt"; filename*=UTF-8''a%22bc.txt`],
    ["safe\u202etxt.exe", `attachment; filename="safetxt.exe"; filename*=UTF-8''safetxt.exe`],
    ["it's (1)*.txt", `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`],
    ["", `attachment; filename="file"; filename*=UTF-8''file`],
    ["\ud800", `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ])("%j is told safely", (name, header) => {
    expect(dispositionOf(name)).toBe(header);
  });
});

function hubWith(file: StoredAttachment | undefined) {
  const data = { attachments: [{ kind: "file" }, { kind: "file" }] };
  const event = { id: "e1", type: "yizhan.message.received", data } as unknown as Event;
  return startHub({
    more: attachmentEndpoints({
      tenant: "default",
      store: {
        event: async (_tenant, id) => (id === "e1" ? { seq: 1, event, receivedAt: 0 } : undefined),
        attachment: async () => file,
      },
      blobs: { read: (name) => (name === sha256 ? kept("hello") : missing()) },
    }),
  });
}

/** Tells that it is open, as a file's stream does. */
function kept(text: string): Readable {
  const content = Readable.from([Buffer.from(text)]);
  setImmediate(() => content.emit("open"));
  return content;
}

function missing(): Readable {
  const content = new Readable({ read() {} });
  setImmediate(() => content.destroy(new Error("ENOENT")));
  return content;
}
