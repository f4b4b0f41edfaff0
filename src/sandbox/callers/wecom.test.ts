import { decrypt, encrypt, getSignature } from "@wecom/crypto";
import { describe, expect, it } from "vitest";
import type { HubAnswer } from "./call.ts";
import { messageKinds } from "./happening.ts";
import { accounts, aesKey, callOf, queryOf, requestOf } from "./moment-for-tests.ts";
import { wecomAppExamples } from "./wecom-app-examples.ts";
import { shapeProblem } from "./xml-shape-for-tests.ts";

const { token } = accounts.wecom;
const hello = { event: "message", person: "zhangsan", text: "你好" } as const;

/** What WeCom's own package finds in a request. */
function opened(request: ReturnType<typeof requestOf>): { message: string; id: string } {
  const { msg_signature, timestamp, nonce, echostr } = queryOf(request) as Record<string, string>;
  const sealed =
    echostr ?? /<Encrypt><!\[CDATA\[(.*)]]><\/Encrypt>|"encrypt":"(.*?)"/.exec(request.body)?.slice(1).find(Boolean);
  expect(getSignature(token, timestamp ?? "", nonce ?? "", sealed ?? "")).toBe(msg_signature);
  const { message, id } = decrypt(aesKey, sealed ?? "");
  return { message, id };
}

function answer(body: string, status = 200): HubAnswer {
  return { status, contentType: "", body };
}

describe("a message to a WeCom app", () => {
  it("is what WeCom's own package opens, for the corp, in the time of the attempt", () => {
    const request = requestOf("wecom", hello);
    expect(request).toMatchObject({ method: "POST", headers: { "content-type": "text/xml; charset=utf-8" } });
    expect(queryOf(request).timestamp).toBe("1767225600");
    expect(request.body).toMatch(
      /^<xml><ToUserName><!\[CDATA\[ww1]]><\/ToUserName><Encrypt>.*<\/Encrypt><AgentID><!\[CDATA\[1000002]]><\/AgentID><\/xml>$/,
    );
    expect(opened(request)).toEqual({
      id: "ww1",
      message:
        "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[zhangsan]]></FromUserName>" +
        "<CreateTime>1767225600</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>" +
        "<MsgId>36311929895191428</MsgId><AgentID>1000002</AgentID></xml>",
    });
  });

  it("keeps its MsgId and changes its nonce from attempt to attempt", () => {
    const call = callOf("wecom", hello);
    let next = 100;
    const later = call.request({ nowMs: Date.UTC(2026, 0, 2), random: (bytes) => Buffer.alloc(bytes, next++) });
    const first = requestOf("wecom", hello);
    expect(opened(later).message).toBe(opened(first).message);
    expect(queryOf(later).nonce).not.toBe(queryOf(first).nonce);
    expect(call.messageId).toBe("36311929895191428");
  });

  it("in JSON has MsgId as a bare number of 64 bits", () => {
    const request = requestOf("wecom", { ...hello, message: "4561255354251345929" }, { format: "json" });
    expect(Object.keys(JSON.parse(request.body) as object)).toEqual(["tousername", "encrypt", "agentid"]);
    expect(opened(request).message).toContain('"MsgId":4561255354251345929,');
  });

  it("in plain mode stands as it is, beside a signature of three parts", () => {
    const request = requestOf("wecom", hello, { encoding_aes_key: undefined });
    expect(Object.keys(queryOf(request))).toEqual(["signature", "timestamp", "nonce"]);
    expect(request.body).toContain("<Content><![CDATA[你好]]></Content>");
  });

  it("keeps the query that the URL has", () => {
    const request = requestOf("wecom", hello, { url: "http://hub/wecom?tenant=a%20b" });
    expect(queryOf(request).tenant).toBe("a b");
  });

  it.each(messageKinds.filter((kind) => kind !== "post"))("of the kind %s is well-formed", (kind) => {
    const { message } = opened(
      requestOf("wecom", {
        ...hello,
        kind,
        media: "m1",
        url: "https://a.test/?a=1&b=2",
        latitude: 23.1,
        longitude: 113.3,
      }),
    );
    expect(message).toContain(`<MsgType><![CDATA[${kind}]]></MsgType>`);
    expect(shapeProblem(message)).toBeUndefined();
  });

  it.each(["]]>", "a]]>b]]>", "<xml>&amp;", "\u0000\u0008", "\ud800"])("that says %j is well-formed", (text) => {
    const { message } = opened(requestOf("wecom", { ...hello, text }));
    expect(shapeProblem(message)).toBeUndefined();
  });

  it("from a group is refused, for apps do not get those", () => {
    expect(() => callOf("wecom", { ...hello, chat: "group" })).toThrow("chat: what is written in WeCom's groups");
  });

  it("without its media id says which field is missing", () => {
    expect(() => callOf("wecom", { ...hello, kind: "image" })).toThrow("media: missing; an image has a media id");
  });
});

describe("an event for a WeCom app", () => {
  it.each(Object.keys(wecomAppExamples))("%s is well-formed and named", (name) => {
    const { message } = opened(requestOf("wecom", { event: "native", name }));
    expect(message).toContain(`<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${name}]]></Event>`);
    expect(shapeProblem(message)).toBeUndefined();
  });

  it("of a card has the choices as repeated elements", () => {
    const click = { event: "click", person: "zhangsan", message: "t1", key: "ok", chosen: { q: ["a", "b"] } } as const;
    expect(opened(requestOf("wecom", click)).message).toContain(
      "<SelectedItems><SelectedItem><QuestionKey><![CDATA[q]]></QuestionKey><OptionIds><OptionId><![CDATA[a]]></OptionId>" +
        "<OptionId><![CDATA[b]]></OptionId></OptionIds></SelectedItem></SelectedItems>",
    );
  });

  it.each([
    [{ event: "subscribe", person: "p" }, "<Event><![CDATA[subscribe]]></Event>"],
    [{ event: "unsubscribe", person: "p" }, "<Event><![CDATA[unsubscribe]]></Event>"],
    [{ event: "enter", person: "p" }, "<Event><![CDATA[enter_agent]]></Event>"],
    [{ event: "menu", person: "p", key: "k" }, "<Event><![CDATA[click]]></Event><EventKey><![CDATA[k]]></EventKey>"],
    [
      { event: "menu", person: "p", key: "k", opens: "https://a.test/" },
      "<EventKey><![CDATA[https://a.test/]]></EventKey>",
    ],
    [{ event: "scan", person: "p", scene: "s" }, "<ScanResult><![CDATA[s]]></ScanResult>"],
    [
      { event: "location", person: "p", latitude: 1.5, longitude: 2 },
      "<Latitude>1.5</Latitude><Longitude>2</Longitude>",
    ],
  ] as const)("%j tells %s", (happened, part) => {
    expect(opened(requestOf("wecom", happened)).message).toContain(part);
  });

  it.each([
    [{ event: "read", person: "p", messages: ["m"] }, 'does not tell of "read": WeCom reports neither reading'],
    [{ event: "join", people: ["p"], chat: "c" }, 'does not tell of "join"'],
  ] as const)("%j does not exist, and is refused", (happened, problem) => {
    expect(() => callOf("wecom", happened)).toThrow(problem);
  });
});

describe("the check of a WeCom URL", () => {
  it("asks for the decrypted echo alone, within a second, once", () => {
    const call = callOf("wecom", { event: "verify" });
    const { message: echo } = opened(requestOf("wecom", { event: "verify" }));
    expect(call).toMatchObject({ deadlineMs: 1_000, retryDelaysMs: [] });
    const request = requestOf("wecom", { event: "verify" });
    expect(call.judge(answer(echo), request)).toEqual({ verdict: "accepted" });
    expect(call.judge(answer(`"${echo}"`), request)).toMatchObject({ problem: expect.stringContaining("not alone") });
    expect(call.judge(answer("nonsense"), request)).toMatchObject({ verdict: "refused" });
    expect(call.judge(answer(echo, 404), request)).toMatchObject({ verdict: "refused", problem: /404/ });
  });
});

describe("an answer to WeCom", () => {
  const call = callOf("wecom", hello);
  const request = requestOf("wecom", hello);
  const reply =
    "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>";
  const sealedBy = (by: string, id: string, text = reply) => {
    const sealed = encrypt(aesKey, text, id);
    const signature = getSignature(by, "1", "2", sealed);
    return `<xml><Encrypt><![CDATA[${sealed}]]></Encrypt><MsgSignature>${signature}</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>`;
  };

  it.each([
    ["nothing", "", { verdict: "accepted" }],
    ["success", "success", { verdict: "accepted" }],
    ["a reply sealed by WeCom's own package", sealedBy(token, "ww1"), { verdict: "accepted", reply }],
    ["a plain reply", reply, { verdict: "faulty", problem: /neither empty, nor success/ }],
    ["a reply signed with another token", sealedBy("other", "ww1"), { verdict: "faulty", problem: /signature/ }],
    ["a reply for another corp", sealedBy(token, "ww2"), { verdict: "faulty", problem: /for "ww2", not for "ww1"/ }],
    ["a sealed word", sealedBy(token, "ww1", "hi"), { verdict: "faulty", problem: /MsgType/ }],
    ["a page", "<html></html>", { verdict: "faulty", problem: /neither empty/ }],
  ])("that is %s is judged", (_, body, judged) => {
    const found = call.judge(answer(body), request);
    const { problem, ...rest } = judged as { verdict: string; problem?: RegExp };
    expect(found).toMatchObject(rest);
    if (problem) expect("problem" in found && found.problem).toMatch(problem);
  });
});

describe("a WeCom robot's callback", () => {
  it("is JSON for no receiver at all", () => {
    const request = requestOf("wecom-bot", { ...hello, chat: "wr1" });
    const { message, id } = opened(request);
    expect(id).toBe("");
    expect(JSON.parse(message)).toMatchObject({
      aibotid: "aib-sandbox",
      chatid: "wr1",
      chattype: "group",
      from: { userid: "zhangsan" },
      msgtype: "text",
      text: { content: "@Robot 你好" },
    });
  });

  it.each([
    [
      { event: "enter", person: "p" },
      { msgtype: "event", event: { eventtype: "enter_chat" } },
    ],
    [
      { event: "click", person: "p", message: "t1", key: "ok" },
      { event: { eventtype: "template_card_event", template_card_event: { event_key: "ok", task_id: "t1" } } },
    ],
    [
      { event: "native", name: "feedback_event", fields: { type: 2 } },
      { event: { eventtype: "feedback_event", feedback_event: { id: "feedback-1", type: 2 } } },
    ],
    [
      { event: "native", name: "stream", fields: { id: "s1" } },
      { msgtype: "stream", stream: { id: "s1" } },
    ],
    [
      { event: "message", person: "p", kind: "voice", text: "hi" },
      { chattype: "single", voice: { content: "hi" } },
    ],
    [{ event: "message", person: "p", kind: "file", url: "https://a.test/f" }, { file: { url: "https://a.test/f" } }],
    [
      { event: "message", person: "p", kind: "post", text: "hi", url: "https://a.test/p" },
      { mixed: { msg_item: [{ text: { content: "hi" } }, { image: { url: "https://a.test/p" } }] } },
    ],
  ] as const)("tells %j", (happened, content) => {
    expect(JSON.parse(opened(requestOf("wecom-bot", happened)).message)).toMatchObject(content);
  });

  it("of a card is tried once", () => {
    expect(callOf("wecom-bot", { event: "click", person: "p", message: "t", key: "k" }).retryDelaysMs).toEqual([]);
    expect(callOf("wecom-bot", hello).retryDelaysMs).toEqual([0, 0]);
  });

  it.each([
    ["the request's", undefined, "accepted"],
    ["another", "1", "faulty"],
  ])("is answered under %s nonce", (_, other, verdict) => {
    const request = requestOf("wecom-bot", hello);
    const nonce = other ?? queryOf(request).nonce ?? "";
    const sealed = encrypt(aesKey, '{"msgtype":"stream"}', "");
    const body = { encrypt: sealed, msgsignature: getSignature(token, 1, nonce, sealed), timestamp: 1, nonce };
    expect(callOf("wecom-bot", hello).judge(answer(JSON.stringify(body)), request)).toMatchObject({ verdict });
  });
});
