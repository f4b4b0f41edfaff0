/** A value of the file after its placeholders. */
export interface Filled {
  readonly text: string;
  /** Variables that are not set and have no default. */
  readonly unset: readonly string[];
  /** `${` without a name or an end. */
  readonly malformed: boolean;
  /** Is the whole value one placeholder? */
  readonly whole: boolean;
}

const placeholder = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Fills `${NAME}` and `${NAME:-default}`; `$$` is a plain `$`. As in a shell, the default also stands in
 * for a variable that is empty. What a variable contains is not looked at again.
 *
 * @returns undefined when there is nothing to fill.
 */
export function fill(source: string, env: Readonly<Record<string, string | undefined>>): Filled | undefined {
  if (!source.includes("$$") && !source.includes("${")) return undefined;
  const unset: string[] = [];
  let malformed = false;
  const text = source.replace(placeholder, (match: string, name?: string, fallback?: string) => {
    if (match === "$$") return "$";
    if (name === undefined) {
      malformed = true;
      return match;
    }
    const value = env[name];
    if (fallback !== undefined) return value || fallback;
    if (value === undefined) unset.push(name);
    return value ?? "";
  });
  return { text, unset, malformed, whole: /^\$\{[^}]*\}$/.test(source) };
}
