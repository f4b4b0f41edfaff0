/** Put in by the build; a run from the sources has no version of its own. */
declare const YIZHAN_VERSION: string | undefined;

export const version: string = typeof YIZHAN_VERSION === "string" ? YIZHAN_VERSION : "0.0.0-source";
