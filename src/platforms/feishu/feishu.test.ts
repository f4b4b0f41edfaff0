import { describe, expect, it } from "vitest";
import type { Message } from "../../model/message.ts";
import { platformContract } from "../../testing/platform-contract.ts";
import { sentRequests } from "../../testing/sent-requests.ts";
import type { Payload } from "../definition.ts";
import { feishu } from "./index.ts";
import { render } from "./render.ts";
import { connect, sign } from "./robot.ts";

const hook = "https://open.feishu.cn/open-apis/bot/v2/hook/9d3c7a1e-0000-4000-8000-5e1f00c0ffee";

platformContract(feishu, {
  folder: new URL("./", import.meta.url),
  channel: { url: hook, secret: "demo-secret" },
  badChannels: [
    { settings: { url: "open.feishu.cn/hook" }, says: /beginning with https:\/\/ or http:\/\// },
    { settings: { url: "ftp://open.feishu.cn/hook" }, says: /beginning with https:\/\/ or http:\/\// },
    { settings: { url: hook, secret: 7 }, says: /secret/ },
  ],
  signatures: [
    // Both vectors were made with the vendor's own samples; the second has the guide's secret and timestamp.
    {
      of: "with one secret",
      made: sign("1599360473", "demo-secret"),
      published: "3/MaVZ8JLIy4TUG+7KSFJqvUkTKd+HWY8g+56DZWq8s=",
    },
    {
      of: "with the guide's",
      made: sign("1599360473", "demo"),
      published: "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=",
    },
  ],
  measure: (payload) => Buffer.byteLength(JSON.stringify(payload)),
  textOf: readable,
  http: {
    channelAt: (origin) => ({ url: `${origin}/open-apis/bot/v2/hook/hook-token-9d3c7a1e`, secret: "robot-secret" }),
    secrets: ["hook-token-9d3c7a1e", "robot-secret"],
    success: '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
    refusal: (msg, code = "19024") => JSON.stringify({ code: Number(code), data: {}, msg }),
  },
});

describe("a Feishu robot's request", () => {
  it("carries the signature of the moment it is sent, in seconds", async () => {
    const body = await sentBody("demo", 1_599_360_473_999);
    expect(body).toMatchObject({ timestamp: "1599360473", sign: "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=" });
  });

  it("is not signed without a secret", async () => {
    const body = await sentBody("", 0);
    expect(body).toEqual({ msg_type: "text", content: { text: "hi" } });
  });

  async function sentBody(secret: string, nowMs: number): Promise<unknown> {
    const channelAt = (origin: string) => ({ url: `${origin}/hook`, secret });
    const payload = { msg_type: "text", content: { text: "hi" } };
    const [request] = await sentRequests(connect, { channelAt, payload, nowMs });
    return JSON.parse(request?.body ?? "");
  }
});

describe("a Feishu text", () => {
  it("shows title, body and links as text", () => {
    expect(text({ body: "# 摘要\n**CPU** 高于 `90%`，见 [监控](https://example.com/a)" })).toBe(
      "🚨 磁盘告警\n摘要\nCPU 高于 90%，见 监控 (https://example.com/a)",
    );
  });

  it("calls people in its last part only", () => {
    const payloads = render({
      ...alarm,
      body: "字".repeat(9000),
      mentions: { all: true, users: ["ou_1"], mobiles: ["13800000000"] },
    });
    expect(payloads).toHaveLength(2);
    expect(readable(payloads[0])).not.toContain("<at");
    expect(readable(payloads[1])).toMatch(/<at user_id="all">所有人<\/at> <at user_id="ou_1"><\/at> @13800000000$/);
  });

  it.each(['<at user_id="all">x</at>', '<**at** user_id="all"></at>', '< AT user_id="all">', "</at>"])(
    "calls nobody for %s in somebody's text",
    (body) => {
      expect(text({ title: body, body })).not.toMatch(/<[\s/]*at/i);
    },
  );
});

describe("a Feishu card", () => {
  it.each([
    ["info", "blue"],
    ["warning", "orange"],
    ["error", "red"],
  ] as const)("of level %s is %s", (level, template) => {
    expect(render({ ...alarm, level, style: "card" })[0]).toMatchObject({ card: { header: { template } } });
  });

  it("has the actions as buttons", () => {
    const actions = [{ text: "查看", url: "https://example.com/1" }];
    expect(render({ ...alarm, style: "card", actions })).toEqual([
      {
        msg_type: "interactive",
        card: {
          config: { wide_screen_mode: true },
          header: { template: "red", title: { tag: "plain_text", content: "🚨 磁盘告警" } },
          elements: [
            { tag: "markdown", content: "使用率 95%" },
            {
              tag: "action",
              actions: [
                {
                  tag: "button",
                  text: { tag: "plain_text", content: "查看" },
                  type: "primary",
                  url: "https://example.com/1",
                },
              ],
            },
          ],
        },
      },
    ]);
  });

  it("closes a code fence at the end of a part and opens it again", () => {
    const body = `\`\`\`js\n${"console.log(1);\n".repeat(3000)}\`\`\``;
    const parts = render({ ...alarm, style: "card", body }).map(readable);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      expect(part.split("\n")[1]).toBe("```js");
      expect(part.match(/^```/gm)).toHaveLength(2);
    }
  });

  it("numbers its parts in the header", () => {
    const parts = render({ ...alarm, style: "card", body: "字".repeat(9000) }).map(readable);
    expect(parts.map((part) => part.split("\n")[0])).toEqual(["🚨 磁盘告警 (1/2)", "🚨 磁盘告警 (2/2)"]);
  });
});

const alarm: Message = { title: "磁盘告警", body: "使用率 95%", level: "error", style: "text" };

function text(message: Partial<Message>): string {
  return render({ ...alarm, ...message })
    .map(readable)
    .join("\n");
}

interface Readable {
  readonly content?: { readonly text: string };
  readonly card?: {
    readonly header: { readonly title: { readonly content: string } };
    readonly elements: readonly {
      readonly content?: string;
      readonly actions?: readonly { readonly url: string; readonly text: { readonly content: string } }[];
    }[];
  };
}

function readable(payload: Payload | undefined): string {
  const { content, card }: Readable = { ...payload };
  if (content) return content.text;
  const elements = card?.elements.flatMap(
    (element) => element.content ?? element.actions?.map((a) => `${a.text.content} ${a.url}`) ?? [],
  );
  return [card?.header.title.content, ...(elements ?? [])].join("\n");
}
