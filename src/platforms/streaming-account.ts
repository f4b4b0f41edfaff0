import * as z from "zod";

/** Which of the two ways an account is told things, where its platform has both. */
export const connection = z.enum(["callback", "stream"]).optional().meta({
  description:
    "callback, which is also what an empty field means: the platform calls the hub's public address. stream: the hub connects to the platform, and needs no public address.",
  zh: "callback（默认）为平台回调公网地址；stream 为本服务主动建立长连接，无需公网地址。",
});
