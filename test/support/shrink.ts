// Cuts a history that breaks something down to what it takes.

/** As few of these steps as still break something. */
export async function shrunk<S>(
  steps: readonly S[],
  breaks: (steps: readonly S[]) => Promise<boolean>,
): Promise<readonly S[]> {
  let left = steps
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const fewer = [...left.slice(0, from), ...left.slice(from + size)]
      if (await breaks(fewer)) left = fewer
      else from += size
    }
  }
  return left
}
