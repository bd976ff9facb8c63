// The report as CI servers read it: JUnit's XML. An area is a suite; what is not applicable or was not run is skipped.

import { byArea, type CheckResult, type Failure, type Report, ruleText, totalsOf } from './report.ts'
import { stepText } from './report-text.ts'

export function junitReport({ results, startedAt, durationMs, broker }: Report): string {
  const suites = Array.from(byArea(results), ([area, ofArea]) => suite(area, ofArea, startedAt))
  const attributes = { name: `odradek conformance ${broker.address}`, ...counts(results), time: seconds(durationMs) }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, suites)}\n`
}

function suite(name: string, results: readonly CheckResult[], startedAt: Date): string {
  const time = seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0))
  const attributes = { name, ...counts(results), time, timestamp: startedAt.toISOString().slice(0, 19) }
  return element('testsuite', attributes, results.map(testcase))
}

function counts(results: readonly CheckResult[]) {
  const totals = totalsOf(results)
  return {
    tests: totals.checks,
    failures: totals.failed,
    errors: 0,
    skipped: totals['not applicable'] + totals['not run'],
  }
}

function testcase({ id, name, area, rule, durationMs, outcome, reason, failure }: CheckResult): string {
  const properties = element('properties', {}, [
    element('property', { name: 'id', value: id }, []),
    element('property', { name: 'rule', value: ruleText(rule) }, []),
  ])
  const told = failure === undefined ? [] : [failureElement(failure)]
  if (outcome === 'not applicable' || outcome === 'not run')
    told.push(element('skipped', { message: reason ?? outcome }, []))
  return element('testcase', { classname: area, name, time: seconds(durationMs) }, [properties, ...told])
}

function failureElement({ message, expected, got, exchange }: Failure): string {
  const text = [`expected: ${JSON.stringify(expected)}`, `got: ${JSON.stringify(got)}`, ...exchange.map(stepText)].join(
    '\n',
  )
  return element('failure', { message, type: 'conformance' }, [escapeXml(text)])
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[],
): string {
  const head = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(String(value))}"`)].join(
    ' ',
  )
  return content.length === 0 ? `<${head}/>` : `<${head}>${content.join('\n')}</${name}>`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What XML 1.0 cannot say at all is replaced: control characters and lone surrogates. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
  )
}
