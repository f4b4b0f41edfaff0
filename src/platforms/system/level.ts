import type { Level } from "../../model/message.ts";

/** All of them are two columns wide on a terminal. */
export const icons: Readonly<Record<Level, string>> = { info: "💬", warning: "🚧", error: "🚨" };

export const levelNames: Readonly<Record<Level, string>> = { info: "通知", warning: "警告", error: "错误" };
