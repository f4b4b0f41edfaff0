/** Resolves with the first of these signals. A second one then ends the process at once. */
export function untilSignal(...names: NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of names) process.once(name, () => resolve(name));
  });
}
