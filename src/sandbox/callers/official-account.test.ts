import { decrypt, encrypt, getSignature } from "@wecom/crypto";
import { describe, expect, it } from "vitest";
import { accounts, aesKey, callOf, queryOf, requestOf } from "./moment-for-tests.ts";
import { officialAccountExamples } from "./official-account-examples.ts";
import { shapeProblem } from "./xml-shape-for-tests.ts";

const { token } = accounts["wechat-official"];
const hello = { event: "message", person: "oPerson", text: "你好" } as const;
const sealedPart = /<Encrypt><!\[CDATA\[(.*)]]><\/Encrypt>/;

describe("a message to an official account", () => {
  it("in plain mode is its XML beside a signature of three parts", () => {
    const request = requestOf("wechat-official", hello, { mode: "plain" });
    expect(Object.keys(queryOf(request))).toEqual(["signature", "timestamp", "nonce", "openid"]);
    expect(queryOf(request)).toMatchObject({ timestamp: "1767225600", openid: "oPerson" });
    expect(request.body).toBe(
      "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oPerson]]></FromUserName>" +
        "<CreateTime>1767225600</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>" +
        "<MsgId>36311929895191428</MsgId></xml>",
    );
  });

  it("in safe mode is its account's name and a ciphertext, under both signatures", () => {
    const request = requestOf("wechat-official", hello);
    const { timestamp = "", nonce = "", msg_signature, encrypt_type, signature } = queryOf(request);
    const sealed = sealedPart.exec(request.body)?.[1] ?? "";
    expect(encrypt_type).toBe("aes");
    expect(msg_signature).toBe(getSignature(token, timestamp, nonce, sealed));
    expect(signature).toBe(getSignature(token, timestamp, nonce, ""));
    expect(decrypt(aesKey, sealed)).toMatchObject({ id: "wx1", message: expect.stringContaining("你好") });
    expect(request.body.replace(sealedPart, "")).toBe("<xml><ToUserName><![CDATA[gh_1]]></ToUserName></xml>");
  });

  it("in compatible mode is both in one body", () => {
    const { body } = requestOf("wechat-official", hello, { mode: "compat" });
    const inner = decrypt(aesKey, sealedPart.exec(body)?.[1] ?? "").message;
    expect(body.replace(sealedPart, "")).toBe(inner);
  });

  it("is tried three times, with five seconds each", () => {
    expect(callOf("wechat-official", hello)).toMatchObject({ deadlineMs: 5_000, retryDelaysMs: [0, 0] });
  });

  it.each(["image", "voice", "video", "location", "link"] as const)("of the kind %s is well-formed", (kind) => {
    const happened = { ...hello, kind, media: "m1", url: "https://a.test/?a=1&b=2", latitude: 23.1, longitude: 113.3 };
    const { body } = requestOf("wechat-official", happened, { mode: "plain" });
    expect(body).toContain(`<MsgType><![CDATA[${kind}]]></MsgType>`);
    expect(shapeProblem(body)).toBeUndefined();
  });

  it.each([
    [{ kind: "file" }, "kind: official accounts get no file"],
    [{ chat: "c" }, "chat: official accounts have no groups"],
    [{ message: "m1" }, 'message: "m1" is no number of up to 19 digits'],
  ] as const)("with %j is refused", (fields, problem) => {
    expect(() => callOf("wechat-official", { ...hello, ...fields })).toThrow(problem);
  });
});

describe("an event for an official account", () => {
  it.each(Object.keys(officialAccountExamples))("%s is well-formed and named", (name) => {
    const { body } = requestOf("wechat-official", { event: "native", name }, { mode: "plain" });
    expect(body).toContain(`<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${name}]]></Event>`);
    expect(shapeProblem(body)).toBeUndefined();
  });

  it.each([
    [{ event: "subscribe", person: "o", scene: "7" }, "<EventKey><![CDATA[qrscene_7]]></EventKey><Ticket>"],
    [{ event: "unsubscribe", person: "o" }, "<Event><![CDATA[unsubscribe]]></Event>"],
    [{ event: "scan", person: "o", scene: "7" }, "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[7]]></EventKey>"],
    [{ event: "menu", person: "o", key: "k" }, "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[k]]></EventKey>"],
    [{ event: "menu", person: "o", key: "k", opens: "https://a.test/" }, "<Event><![CDATA[VIEW]]></Event>"],
    [{ event: "location", person: "o", latitude: 1, longitude: 2 }, "<Latitude>1</Latitude>"],
    [
      { event: "status", person: "o", message: "200163836" },
      "<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>200163836</MsgID><Status><![CDATA[success]]></Status>",
    ],
    [{ event: "status", message: "1", status: "failed:user block" }, "<Status><![CDATA[failed:user block]]></Status>"],
    [
      { event: "status", message: "1", batch: true, status: "err(10001)" },
      "<MsgID>1</MsgID><Status><![CDATA[err(10001)]]></Status><TotalCount>100</TotalCount>",
    ],
  ] as const)("%j tells %s", (happened, part) => {
    expect(requestOf("wechat-official", happened, { mode: "plain" }).body).toContain(part);
  });
});

describe("the check of an official account's URL", () => {
  it("sends its echo unencrypted, whatever the mode", () => {
    for (const mode of ["plain", "compat", "safe"]) {
      const call = callOf("wechat-official", { event: "verify" }, { mode });
      const request = requestOf("wechat-official", { event: "verify" }, { mode });
      const { echostr = "", timestamp = "", nonce = "", signature } = queryOf(request);
      expect(request.method).toBe("GET");
      expect(signature).toBe(getSignature(token, timestamp, nonce, ""));
      expect(call.judge({ status: 200, contentType: "", body: echostr }, request)).toEqual({ verdict: "accepted" });
      expect(call.judge({ status: 200, contentType: "", body: `${echostr}\n` }, request).verdict).toBe("refused");
    }
  });
});

describe("a reply of an official account", () => {
  const plain =
    "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>";
  const sealed = encrypt(aesKey, plain, "wx1");
  const signature = getSignature(token, "1", "2", sealed);
  const envelope = `<xml><Encrypt>${sealed}</Encrypt><MsgSignature>${signature}</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>`;

  it.each([
    ["plain", plain, "accepted"],
    ["plain", envelope, "faulty"],
    ["compat", plain, "accepted"],
    ["compat", envelope, "accepted"],
    ["compat", envelope.replace(signature, "0"), "faulty"],
    ["safe", plain, "faulty"],
    ["safe", envelope, "accepted"],
    ["safe", '{"code":0}', "faulty"],
  ])("in %s mode: %s is %s", (mode, body, verdict) => {
    const judged = callOf("wechat-official", hello, { mode }).judge(
      { status: 200, contentType: "", body },
      requestOf("wechat-official", hello, { mode }),
    );
    expect(judged.verdict).toBe(verdict);
  });
});
