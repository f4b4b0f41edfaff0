import * as z from "zod";
import { addressList } from "../receive/addresses.ts";
import { accountName } from "./account-schema.ts";

/** The platforms' API servers, by the names that the door knows them under. */
export const platformDoors = {
  wecom: "https://qyapi.weixin.qq.com",
  "wechat-official": "https://api.weixin.qq.com",
  feishu: "https://open.feishu.cn",
  lark: "https://open.larksuite.com",
  dingtalk: "https://oapi.dingtalk.com",
  "dingtalk-api": "https://api.dingtalk.com",
} as const;

/** The door outward: what systems in the intranet reach through the one address that platforms trust. */
export const egress = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .meta({
        description:
          "Opens `/egress/{name}/…` to the platforms' APIs, for systems whose own address the platform does not trust. Names: " +
          `${namesOf(platformDoors)}, and those of \`hosts\`.`,
        zh: `打开 \`/egress/{名称}/…\`，让出口 IP 不受平台信任的系统经由本服务访问平台接口。名称：${namesOf(platformDoors)}，以及 \`hosts\` 中的。`,
      }),
    callers: z
      .array(
        z
          .string()
          .max(64)
          .refine(isAddressRule)
          .meta({ expected: "an IP address, a range such as 10.0.0.0/8, or 10.0.0.*" }),
      )
      .max(1_000)
      .default(["127.0.0.0/8", "::1"])
      .meta({
        description: "Addresses and ranges that may use it without a key.",
        zh: "无需密钥即可使用的来源地址与网段。",
      }),
    keys: z
      .array(
        z
          .string()
          .regex(/^[\x21-\x7e]{16,512}$/)
          .meta({ expected: "16 to 512 characters of ASCII without spaces" }),
      )
      .max(1_000)
      .default([])
      .meta({
        description:
          "Keys for everyone else, sent as the header `X-Egress-Key`, or as the password of the proxy where `connect` is set.",
        zh: "其他来源使用的密钥：以请求头 `X-Egress-Key` 携带；启用 `connect` 时作为代理密码。",
        secret: true,
      }),
    hosts: z
      .record(
        accountName,
        z.string().max(2_048).refine(isOrigin).meta({
          expected: "an http(s) address without user, path, query and fragment, such as https://api.example.com",
        }),
      )
      .default({})
      .meta({
        description: "Further names, and the servers that they open; a platform's name is given another server.",
        zh: "更多名称及其对应的服务器；与平台同名时替换该平台的服务器。",
      }),
    connect: z.boolean().default(false).meta({
      description:
        "Also serves as an HTTP proxy: `CONNECT` to the https servers above, for clients that have a proxy setting and no base address.",
      zh: "同时作为 HTTP 代理：允许对上述 https 服务器使用 `CONNECT`，供只能设置代理、不能改地址的客户端使用。",
    }),
  })
  .transform(({ hosts, ...section }) => ({ ...section, doors: { ...platformDoors, ...hosts } as Doors }));

/** Origins by the name of the door. */
type Doors = Readonly<Record<string, string>>;

function namesOf(doors: Doors): string {
  return Object.keys(doors)
    .map((name) => `\`${name}\``)
    .join(", ");
}

function isAddressRule(text: string): boolean {
  try {
    addressList([text]);
    return true;
  } catch {
    return false;
  }
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  return isHttp && (text === url.origin || text === `${url.origin}/`);
}
