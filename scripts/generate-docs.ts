/** Writes the reference of the configuration, in both languages, from the schemas that check it. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { accountSchemas } from "../src/config/account-schemas.ts";
import { configurationReference } from "../src/config/reference.ts";
import { platforms } from "../src/platforms/registry.ts";

const docs = fileURLToPath(new URL("../docs/", import.meta.url));
writeFileSync(`${docs}configuration.md`, configurationReference("en", platforms, accountSchemas));
writeFileSync(`${docs}configuration.zh-CN.md`, configurationReference("zh", platforms, accountSchemas));
