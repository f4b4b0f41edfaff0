import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Where a configuration file is looked for when none is named, as the systems Yizhan replaces did. */
const usualFiles = ["config.yaml", "config/config.yaml", "config/notification.yaml"];

/** The first of the usual configuration files that is there, relative to the working directory. */
export function usualFile(cwd: string): string | undefined {
  return usualFiles.find((usual) => existsSync(resolve(cwd, usual)));
}
