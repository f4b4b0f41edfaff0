import { describe, expect, it } from "vitest";
import { visit } from "../sandbox-fixture.ts";

const hours = 3_600_000;
const wecom = "/cgi-bin/gettoken?corpid=ww1&corpsecret=s";
const official = { grant_type: "client_credential", appid: "wx1", secret: "s" };

describe("the APIs behind an app's token", () => {
  it("refuse in each platform's own words who has none, a wrong one, or one that ran out", async () => {
    const { ask, post, clock } = await visit();
    const token = String(Object((await ask("GET", wecom)).body).access_token);
    const ip = (access_token: string) => ask("GET", `/cgi-bin/getcallbackip?access_token=${access_token}`);
    const codes = [await ip(""), await ip("wrong"), await ip(token)].map(({ body }) => Object(body).errcode);
    expect(codes).toEqual([41001, 40014, 0]);
    clock.now += 2 * hours;
    expect((await ip(token)).body).toMatchObject({ errcode: 42001 });
    const readers = "/open-apis/im/v1/messages/om_1/read_users";
    expect(await ask("GET", readers)).toMatchObject({ status: 400, body: { code: 99991661 } });
    expect(await post("/v1.0/robot/groupMessages/query", {})).toMatchObject({
      status: 400,
      body: { code: "InvalidAuthentication" },
    });
    expect((await post("/topapi/message/corpconversation/getsendresult?access_token=x", {})).body).toMatchObject({
      errcode: 40014,
    });
  });

  it("give the same token while it is good, and another one after", async () => {
    const { ask, clock } = await visit();
    const first = (await ask("GET", wecom)).body;
    clock.now += hours;
    const second = (await ask("GET", wecom)).body;
    clock.now += hours;
    const third = (await ask("GET", wecom)).body;
    expect(first).toMatchObject({ expires_in: 7_200 });
    expect(second).toMatchObject({ access_token: Object(first).access_token, expires_in: 3_600 });
    expect(Object(third).access_token).not.toBe(Object(first).access_token);
  });

  it("end an official account's token where another is forced", async () => {
    const { ask, post } = await visit();
    const first = Object((await post("/cgi-bin/stable_token", official)).body).access_token;
    const second = Object(
      (await post("/cgi-bin/stable_token", { ...official, force_refresh: true })).body,
    ).access_token;
    expect(second).not.toBe(first);
    const code = async (token: string) =>
      Object((await ask("GET", `/cgi-bin/getcallbackip?access_token=${token}`)).body).errcode;
    expect([await code(first), await code(second)]).toEqual([40001, 0]);
  });

  it("refuse another secret than the one that was declared", async () => {
    const { sandbox, ask, post } = await visit();
    const { apis } = sandbox;
    apis.declareApp("wecom", "ww1", "right");
    apis.declareApp("wechat-official", "wx1", "right");
    apis.declareApp("feishu", "cli_1", "right");
    apis.declareApp("dingtalk", "ding1", "right");
    expect((await ask("GET", wecom)).body).toMatchObject({ errcode: 40001 });
    expect((await post("/cgi-bin/stable_token", official)).body).toMatchObject({ errcode: 40125 });
    const feishu = { app_id: "cli_1", app_secret: "s" };
    expect((await post("/open-apis/auth/v3/tenant_access_token/internal", feishu)).body).toMatchObject({ code: 10015 });
    const dingtalk = { appKey: "ding1", appSecret: "s" };
    expect(await post("/v1.0/oauth2/accessToken", dingtalk)).toMatchObject({
      status: 400,
      body: { code: "invalidClientIdOrSecret" },
    });
  });

  it("leave the robots' paths to the robots", async () => {
    const { post } = await visit();
    const text = { msgtype: "text", text: { content: "hello" } };
    expect((await post("/cgi-bin/webhook/send?key=k", text)).body).toMatchObject({ errcode: 0 });
  });
});
