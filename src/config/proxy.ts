import * as z from "zod";

/** The HTTP proxy that requests about an entry or an account leave through. */
export const proxy = z
  .url({ protocol: /^https?$/, error: "must be the proxy's address, such as http://user:password@proxy.example:3128" })
  .max(2_048)
  .meta({
    description:
      "HTTP proxy that requests to the platform leave through, such as `http://user:password@proxy.example:3128`: for platforms that only trust known addresses. None when absent.",
    zh: "访问平台所用的 HTTP 代理，如 `http://user:password@proxy.example:3128`；适用于只信任固定出口 IP 的平台。缺省为直连。",
    secret: true,
  })
  .optional();
