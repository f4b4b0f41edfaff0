import { decrypt, encrypt, getSignature } from "@wecom/crypto";
import { describe, expect, it } from "vitest";
import { dingtalkCardSign, dingtalkRobotSign } from "./dingtalk.ts";
import { accounts, aesKey, callOf, queryOf, requestOf } from "./moment-for-tests.ts";

const { token } = accounts.dingtalk;
const hello = { event: "message", person: "zhangsan", text: "你好" } as const;
const click = { event: "click", person: "zhangsan", message: "track1", key: "ok", value: { n: "1" } } as const;

function eventOf(request: ReturnType<typeof requestOf>): unknown {
  const { signature = "", msg_signature = signature, timestamp = "", nonce = "" } = queryOf(request);
  const { encrypt: sealed } = JSON.parse(request.body) as { encrypt: string };
  expect(getSignature(token, timestamp, nonce, sealed)).toBe(msg_signature);
  const { message, id } = decrypt(aesKey, sealed);
  expect(id).toBe("ding1");
  return JSON.parse(message);
}

describe("the published signatures of DingTalk", () => {
  it("are what the same inputs give", () => {
    expect(dingtalkRobotSign("1577262236757", "this is a secret")).toBe("DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=");
    expect(dingtalkCardSign("1546084445901", "testappSecret")).toBe("HCbG3xNE3vzhO+u7qCUL1jS5hsu2n5r2cFhnTrtyDAE=");
  });
});

describe("a message to a DingTalk robot", () => {
  it("is plain JSON, signed in its headers", () => {
    const request = requestOf("dingtalk", { ...hello, chat: "cid1" });
    expect(request.headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      timestamp: "1767225600000",
      sign: dingtalkRobotSign("1767225600000", "secret"),
    });
    expect(JSON.parse(request.body)).toMatchObject({
      msgtype: "text",
      text: { content: " 你好" },
      conversationId: "cid1",
      conversationType: "2",
      isInAtList: true,
      senderStaffId: "zhangsan",
      createAt: 1767225600000,
    });
  });

  it("between two has no title and no blank before the text", () => {
    const body: unknown = JSON.parse(requestOf("dingtalk", hello).body);
    expect(body).toMatchObject({ conversationType: "1", text: { content: "你好" } });
    expect(body).not.toHaveProperty("conversationTitle");
  });

  it.each([
    [
      "post",
      { msgtype: "richText", content: { richText: [{ text: "你好" }, { type: "picture", downloadCode: "d1" }] } },
    ],
    ["image", { msgtype: "picture", content: { downloadCode: "d1" } }],
    ["voice", { msgtype: "audio", content: { downloadCode: "d1", recognition: "你好" } }],
    ["video", { msgtype: "video", content: { downloadCode: "d1", videoType: "mp4" } }],
    ["file", { msgtype: "file", content: { downloadCode: "d1", fileName: "a.pdf" } }],
  ] as const)("can be a %s", (kind, content) => {
    const request = requestOf("dingtalk", { ...hello, kind, media: "d1", fileName: "a.pdf" });
    expect(JSON.parse(request.body)).toMatchObject(content);
  });

  it.each([
    [{ kind: "file", chat: "cid1", media: "d1" }, "kind: a file cannot be sent to the robot in a group"],
    [{ kind: "location" }, "kind: the robot gets no location"],
    [{ kind: "image" }, "media: missing; an image has a download code"],
  ] as const)("with %j is refused", (fields, problem) => {
    expect(() => callOf("dingtalk", { ...hello, ...fields })).toThrow(problem);
  });

  it("cannot be signed without the app's secret", () => {
    expect(() => callOf("dingtalk", hello, { app_secret: undefined })).toThrow("app_secret: missing");
  });

  it.each([
    ["", "accepted"],
    ['{"msgtype":"empty"}', "accepted"],
    ["{}", "accepted"],
    ['{"msgtype":"text","text":{"content":"hi"}}', "accepted"],
    ['{"msgtype":"text"}', "faulty"],
    ['{"msgtype":"dance","dance":{}}', "faulty"],
    ["ok", "faulty"],
  ])("that is answered %j is %s", (body, verdict) => {
    const judged = callOf("dingtalk", hello).judge(
      { status: 200, contentType: "", body },
      requestOf("dingtalk", hello),
    );
    expect(judged.verdict).toBe(verdict);
  });
});

describe("a DingTalk event", () => {
  it.each([
    [{ event: "verify" }, { EventType: "check_url" }],
    [
      { event: "join", people: ["a", "b"], chat: "cid1" },
      { EventType: "chat_add_member", userId: ["a", "b"], openConversationId: "cid1" },
    ],
    [
      { event: "leave", people: ["a"], chat: "cid1", operator: "b" },
      { EventType: "chat_remove_member", operator: "b" },
    ],
    [
      { event: "read", person: "a", messages: ["k1"] },
      { EventType: "robot_msg_read", ProcessQueryKey: "k1", OperatTime: "1767225600000" },
    ],
    [
      { event: "recall", person: "a", chat: "cid1", message: "k1" },
      { EventType: "robot_msg_recall", OperatTime: 1767225600000 },
    ],
    [
      { event: "native", name: "chat_update_title", fields: { title: "新" } },
      { EventType: "chat_update_title", title: "新" },
    ],
  ] as const)("%j is sealed as WeCom's own package opens it", (happened, content) => {
    expect(eventOf(requestOf("dingtalk", happened))).toMatchObject(content);
  });

  it("can spell the signature's parameter in the newer way", () => {
    const request = requestOf("dingtalk", { event: "verify" }, { signature_name: "msg_signature" });
    expect(queryOf(request)).toHaveProperty("msg_signature");
    expect(queryOf(request)).not.toHaveProperty("signature");
    expect(eventOf(request)).toEqual({ EventType: "check_url" });
  });

  it("is waited for 1.5 s and tried again after 10 s and 30 s", () => {
    const join = { event: "join", people: ["a"], chat: "cid1" } as const;
    expect(callOf("dingtalk", join)).toMatchObject({ deadlineMs: 1_500, retryDelaysMs: [10_000, 30_000] });
  });

  const answered = (text: string, changes: object = {}) => {
    const sealed = encrypt(aesKey, text, "ding1");
    const signature = getSignature(token, "1", "2", sealed);
    return JSON.stringify({ msg_signature: signature, timeStamp: "1", nonce: "2", encrypt: sealed, ...changes });
  };

  it.each([
    ["success, sealed", answered("success"), undefined],
    ["another word, sealed", answered("ok"), "does not say success"],
    ["signed wrong", answered("success", { msg_signature: "0" }), "signature does not match"],
    ["without a nonce", answered("success", { nonce: undefined }), "nonce is missing"],
    ["success, open", "success", "no JSON object"],
  ])("is accepted only by the word success: %s", (_, body, problem) => {
    const call = callOf("dingtalk", { event: "verify" });
    const judged = call.judge({ status: 200, contentType: "", body }, requestOf("dingtalk", { event: "verify" }));
    if (problem === undefined) expect(judged).toEqual({ verdict: "accepted" });
    else expect(judged).toEqual({ verdict: "refused", problem: expect.stringContaining(problem) });
  });

  it("cannot be sealed without the owner key", () => {
    expect(() => callOf("dingtalk", { event: "verify" }, { owner_key: undefined })).toThrow("owner_key: missing");
  });
});

describe("a DingTalk card's callback", () => {
  it("is signed over its timestamp, and tells the action in a string", () => {
    const request = requestOf("dingtalk", click);
    expect(request.headers).toMatchObject({
      "x-ddpaas-signature-timestamp": "1767225600000",
      "x-ddpaas-signature": dingtalkCardSign("1767225600000", "apisecret"),
    });
    const { content, ...rest } = JSON.parse(request.body) as { content: string };
    expect(rest).toEqual({
      type: "actionCallback",
      outTrackId: "track1",
      corpId: "dingsandboxcorp",
      userId: "zhangsan",
    });
    expect(JSON.parse(content)).toEqual({ cardPrivateData: { actionIds: ["ok"], params: { n: "1" } } });
  });

  it("without an api_secret is not signed", () => {
    expect(Object.keys(requestOf("dingtalk", click, { api_secret: undefined }).headers)).toEqual(["content-type"]);
  });

  it.each([
    ["{}", "accepted"],
    ['{"cardData":{"cardParamMap":{"a":"1"}}}', "accepted"],
    ['{"cardData":{"cardParamMap":{"a":1}}}', "faulty"],
    ["", "faulty"],
  ])("that is answered %j is %s", (body, verdict) => {
    const judged = callOf("dingtalk", click).judge(
      { status: 200, contentType: "", body },
      requestOf("dingtalk", click),
    );
    expect(judged.verdict).toBe(verdict);
  });
});
