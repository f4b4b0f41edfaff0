import { createDecipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { visit } from "./sandbox-fixture.ts";

const tokenOf = (id: string, secret: string) => `/cgi-bin/gettoken?corpid=${id}&corpsecret=${secret}`;

describe("PUT /sandbox/apps/{platform}/{id}", () => {
  it("gives an app a secret, until it is forgotten", async () => {
    const { ask } = await visit();
    const code = async (secret: string) => Object((await ask("GET", tokenOf("ww1", secret))).body).errcode;
    expect(await code("any")).toBe(0);
    expect(await ask("PUT", "/sandbox/apps/wecom/ww1", { secret: "right" })).toMatchObject({
      status: 200,
      body: { app: { platform: "wecom", id: "ww1" } },
    });
    expect([await code("right"), await code("any")]).toEqual([0, 40001]);
    expect(JSON.stringify(await ask("GET", "/sandbox/apps"))).not.toContain("right");
    expect((await ask("GET", "/sandbox/apps")).body).toEqual({ apps: [{ platform: "wecom", id: "ww1" }] });
    expect((await ask("DELETE", "/sandbox/apps/wecom/ww1")).status).toBe(200);
    expect((await ask("DELETE", "/sandbox/apps/wecom/ww1")).status).toBe(404);
    expect(await code("any")).toBe(0);
  });
});

describe("DELETE /sandbox/tokens", () => {
  it("ends all tokens before their time", async () => {
    const { ask } = await visit();
    const token = Object((await ask("GET", tokenOf("ww1", "s"))).body).access_token;
    const code = async () => Object((await ask("GET", `/cgi-bin/getcallbackip?access_token=${token}`)).body).errcode;
    expect(await code()).toBe(0);
    expect((await ask("DELETE", "/sandbox/tokens")).status).toBe(200);
    expect(await code()).toBe(40014);
  });
});

describe("PUT /sandbox/files/{platform}/{ref}", () => {
  it("keeps a file that an app can fetch, byte for byte and under its name", async () => {
    const { ask, sandbox } = await visit();
    const bytes = Buffer.from([0, 255, 1, 254]);
    const put = await fetch(`${sandbox.url}/sandbox/files/wecom/media-1?name=${encodeURIComponent("图.png")}`, {
      method: "PUT",
      headers: { "content-type": "image/png" },
      body: bytes,
    });
    const file = { platform: "wecom", ref: "media-1", bytes: 4, contentType: "image/png", name: "图.png" };
    expect(await put.json()).toEqual({ file });
    expect((await ask("GET", "/sandbox/files")).body).toEqual({ files: [file] });
    const token = Object((await ask("GET", tokenOf("ww1", "s"))).body).access_token;
    const got = await fetch(`${sandbox.url}/cgi-bin/media/get?access_token=${token}&media_id=media-1`);
    expect(got.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
    expect((await ask("DELETE", "/sandbox/files/wecom/media-1")).status).toBe(200);
    expect((await ask("DELETE", "/sandbox/files/wecom/media-1")).status).toBe(404);
  });

  it("encrypts what was sent to a robot, and says where it is", async () => {
    const { sandbox } = await visit();
    const encodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const path = `/sandbox/files/wecom/robot-1?encoding_aes_key=${encodingAesKey}`;
    const put = await fetch(sandbox.url + path, { method: "PUT", body: "hello" });
    const { file } = (await put.json()) as { file: { url: string } };
    const sealed = Buffer.from(await (await fetch(file.url)).arrayBuffer());
    const key = Buffer.from(`${encodingAesKey}=`, "base64");
    const opener = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
    const opened = Buffer.concat([opener.update(sealed), opener.final()]);
    expect([opened.subarray(0, 5).toString(), opened.subarray(5)]).toEqual(["hello", Buffer.alloc(27, 27)]);
  });

  it("keeps 256 MiB at most", async () => {
    const { ask, sandbox } = await visit();
    const bytes = Buffer.alloc(20 * 1024 * 1024);
    for (let n = 0; n < 12; n++) sandbox.apis.keepFile({ platform: "feishu", ref: `${n}`, bytes, contentType: "x/y" });
    const put = () => fetch(`${sandbox.url}/sandbox/files/feishu/more`, { method: "PUT", body: bytes });
    expect((await put()).status).toBe(400);
    await ask("DELETE", "/sandbox/files/feishu/0");
    expect((await put()).status).toBe(200);
  });
});

describe("PUT /sandbox/statuses/{platform}/{message}", () => {
  it("is what the platform answers when it is asked for the message", async () => {
    const { ask, post, sandbox } = await visit();
    const said = { items: [{ user_id: "ou_1", timestamp: "1" }] };
    expect((await ask("PUT", "/sandbox/statuses/feishu/om_1", said)).status).toBe(200);
    const issued = await post("/open-apis/auth/v3/tenant_access_token/internal", { app_id: "cli", app_secret: "s" });
    const authorization = `Bearer ${Object(issued.body).tenant_access_token}`;
    const path = `${sandbox.url}/open-apis/im/v1/messages/om_1/read_users`;
    const readers = await fetch(path, { headers: { authorization } });
    expect(await readers.json()).toMatchObject({ code: 0, data: { items: said.items, has_more: false } });
  });
});

describe("PUT /sandbox/addresses/{platform}", () => {
  it("is the list that the platform publishes", async () => {
    const { ask } = await visit();
    const addresses = ["203.0.113.7", "198.51.100.*"];
    expect((await ask("PUT", "/sandbox/addresses/wecom", { addresses })).status).toBe(200);
    const token = Object((await ask("GET", tokenOf("ww1", "s"))).body).access_token;
    const listed = await ask("GET", `/cgi-bin/getcallbackip?access_token=${token}`);
    expect(listed.body).toMatchObject({ ip_list: addresses, errcode: 0 });
    expect((await ask("GET", "/sandbox/addresses")).body).toEqual({ addresses: { wecom: addresses } });
  });
});

describe("a control request about APIs that is wrong", () => {
  it.each([
    ["PUT", "/sandbox/apps/slack/x", { secret: "s" }, '"slack" is no platform with apps; expected one of wecom, '],
    ["PUT", "/sandbox/apps/wecom/x", {}, "the request is not valid"],
    ["PUT", "/sandbox/files/email/x", {}, '"email" is no platform with files; expected one of wecom, '],
    ["PUT", "/sandbox/files/wecom/x?encoding_aes_key=short", {}, "the request is not valid"],
    ["PUT", `/sandbox/files/feishu/x?encoding_aes_key=${"A".repeat(43)}`, {}, "encoding_aes_key: only for wecom"],
    ["PUT", "/sandbox/statuses/feishu/x", [], "the body must be the object that the platform answers with"],
    ["PUT", "/sandbox/addresses/feishu", { addresses: [] }, "expected one of wecom, wechat-official"],
  ] as const)("%s %s %j is told what would be right", async (method, path, body, says) => {
    const { ask } = await visit();
    const { status, body: said } = await ask(method, path, body);
    expect([status, Object(said).error]).toEqual([400, expect.stringContaining(says)]);
  });
});
