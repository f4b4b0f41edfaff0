import { describe, expect, it } from "vitest";
import { accountLines, callbackLines } from "./callback-lines.ts";

const url = "http://127.0.0.1:8080";

describe("the callback addresses that serve prints", () => {
  it("are one a line, below each other", () => {
    const accounts = [
      { platform: "wecom", name: "default" },
      { platform: "wechat-official", name: "shop.1" },
    ];
    expect(callbackLines(url, accounts).slice(1)).toEqual([
      "  wecom default           http://127.0.0.1:8080/callbacks/default/wecom/default",
      "  wechat-official shop.1  http://127.0.0.1:8080/callbacks/default/wechat-official/shop.1",
    ]);
  });

  it("do not include mailboxes, which the hub asks", () => {
    expect(callbackLines(url, [{ platform: "email", name: "box" }])).toEqual([]);
  });

  it("are not mentioned when there are none", () => {
    expect(callbackLines(url, [])).toEqual([]);
  });
});

describe("the accounts that check prints", () => {
  it("are one a line with their callback's path; mailboxes have none", () => {
    const accounts = [
      { platform: "wecom", name: "default" },
      { platform: "email", name: "box" },
    ];
    expect(accountLines(accounts)).toEqual([
      "  wecom/default  /callbacks/default/wecom/default",
      "  email/box      read by the hub 由本服务读取",
    ]);
    expect(accountLines([])).toEqual([]);
  });
});
