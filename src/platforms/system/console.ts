import { accepted, type Receipt } from "../../model/receipt.ts";
import { cleanLine, cleanText } from "./clean-text.ts";
import { displayWidth, wrapped } from "./display-width.ts";
import { systemError } from "./errors.ts";
import { icons, levelNames } from "./level.ts";
import { localTime } from "./local-time.ts";
import { cut, type Notice } from "./notice.ts";
import type { SystemPorts } from "./ports.ts";

/** Shows the notice as a block on the console. */
export function writeConsole(notice: Notice, { console }: Pick<SystemPorts, "console">): Receipt {
  try {
    console(framed(notice));
    return accepted;
  } catch (error) {
    return systemError("console", error);
  }
}

/** Columns inside the frame; with its two borders and blanks the block is as wide as a classic terminal. */
const COLUMNS = 76;

/** A block that scrolls everything else away is not read either; the whole text is in the task. */
const MESSAGE_BYTES = 16 * 1024;

/** A double-lined frame, as wide as any terminal has room for, with a blank line around it. */
export function framed(notice: Notice): string {
  const details = [
    `任务: ${notice.taskId}`,
    `策略: ${notice.strategy}`,
    `原因: ${cleanText(notice.reason)}`,
    `时间: ${localTime(notice.createdAt)}`,
  ];
  const bar = "═".repeat(COLUMNS + 2);
  return [
    "",
    `╔${bar}╗`,
    ...boxed(`${icons[notice.level]} 系统通知 [${levelNames[notice.level]}]`),
    `╠${bar}╣`,
    ...boxed(cleanLine(notice.title)),
    `╟${"─".repeat(COLUMNS + 2)}╢`,
    ...boxed(cleanText(cut(notice.message, MESSAGE_BYTES))),
    `╟${"─".repeat(COLUMNS + 2)}╢`,
    ...details.flatMap((detail) => boxed(detail)),
    `╚${bar}╝`,
    "",
  ].join("\n");
}

function boxed(text: string): string[] {
  const lines = text.split("\n").flatMap((line) => wrapped(line, COLUMNS));
  return lines.map((line) => `║ ${line}${" ".repeat(Math.max(COLUMNS - displayWidth(line), 0))} ║`);
}
