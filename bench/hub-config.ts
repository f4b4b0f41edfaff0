export interface HubConfig {
  /** Feishu robots of one Recipient each, at this address. */
  readonly platformUrl: string;
  readonly recipients: readonly { readonly alias: string; readonly robots: readonly string[] }[];
  /** Lines of the sections that are not at their defaults. */
  readonly extra?: string;
  /** The robots keep the platform's published limits. */
  readonly limited?: boolean;
}

/** `r000`, `r001` …, each with one robot. */
export function manyRecipients(count: number): HubConfig["recipients"] {
  return Array.from({ length: count }, (_, index) => {
    const alias = `r${String(index).padStart(3, "0")}`;
    return { alias, robots: [`bench-${alias}`] };
  });
}

/** A configuration file. Robots usually have no limits, which would otherwise be what is measured. */
export function configText({ platformUrl, recipients, extra = "", limited = false }: HubConfig): string {
  const limits = limited ? "" : ", rate_limits: []";
  const lines = ["log:", "  level: warn", ...(extra === "" ? [] : [extra]), "recipients:"];
  for (const { alias, robots } of recipients) {
    lines.push(`  ${alias}:`, "    platforms:", "      feishu:", "        webhooks:");
    for (const robot of robots) {
      const url = `${platformUrl}/open-apis/bot/v2/hook/${robot}`;
      lines.push(`          - { name: "${robot}", url: "${url}"${limits} }`);
    }
  }
  return `${lines.join("\n")}\n`;
}
