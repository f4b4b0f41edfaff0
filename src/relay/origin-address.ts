/** Where an origin is, taken apart once. */
export interface OriginAddress {
  readonly isTls: boolean;
  /** Name or address to connect to. */
  readonly host: string;
  readonly port: number;
  /** As `Host` says it. */
  readonly authority: string;
  /** What comes before the path of every request; empty or begins with a slash, none at its end. */
  readonly basePath: string;
  /** For logs: scheme and authority. */
  readonly name: string;
}

/** @param base http or https, as the configuration checked it. @throws TypeError for what is no URL. */
export function originAddress(base: string): OriginAddress {
  const url = new URL(base);
  const isTls = url.protocol === "https:";
  return {
    isTls,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (isTls ? 443 : 80) : Number(url.port),
    authority: url.host,
    basePath: url.pathname.replace(/\/+$/, ""),
    name: url.origin,
  };
}
