// The conformance kit's front door: the behaviour tests of test/compat as checks of any broker. They are bundled with the
// package (scripts/build.mjs puts runner.ts in the place of vitest), and loaded by `odradek conformance` alone.
import { loadChecks } from './areas.ts'
import { type Check, checks } from './check.ts'

export type { Check } from './check.ts'
export type { CheckResult, Report } from './report.ts'
export { htmlReport } from './report-html.ts'
export { jsonReport } from './report-json.ts'
export { junitReport } from './report-junit.ts'
export { endText, textReport } from './report-text.ts'
export { runChecks } from './run.ts'
export { findSubject, Unfit } from './subject.ts'

/** All checks, or those of which a pattern fits the id, the sentence, the area, or the rule's source or title. */
export async function loadedChecks(patterns: readonly RegExp[]): Promise<Check[]> {
  await loadChecks()
  return checks().filter((check) => patterns.length === 0 || patterns.some((pattern) => fits(check, pattern)))
}

function fits({ id, name, area, rule }: Check, pattern: RegExp): boolean {
  return [id, name, area, rule.source, rule.title].some((text) => pattern.test(text))
}
