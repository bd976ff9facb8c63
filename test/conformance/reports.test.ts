// The formats of a report: what a program, a CI server and a reader find in each.
import { describe, expect, test } from 'vitest'
import { htmlReport, jsonReport, junitReport, type Report, textReport } from '../../conformance/index.ts'

const rule = { source: 'KIP-74', title: 'Sizes <&> "limits"', url: 'https://example.org/?a=1&b=2' }
const report: Report = {
  version: '1.2.3',
  broker: { address: 'localhost:9092', nodeId: 7, clusterId: 'a-cluster' },
  startedAt: new Date('2026-01-02T03:04:05Z'),
  durationMs: 12_345,
  results: [
    { id: 'a/one', name: 'One <holds>', area: 'First', rule, outcome: 'passed', durationMs: 1 },
    {
      id: 'a/two',
      name: 'Two',
      area: 'First',
      rule,
      outcome: 'failed',
      durationMs: 20,
      failure: {
        message: 'not what was expected',
        expected: { errorCode: 'NONE' },
        got: { errorCode: '</script>\u0000\ud800' },
        exchange: [
          { connection: 1, request: 'Fetch 12', sent: { maxBytes: 1 }, got: { errorCode: 'NONE' } },
          { connection: 2, sent: '0xff' },
        ],
      },
    },
    {
      id: 'b/three',
      name: 'Three',
      area: 'Second',
      rule,
      outcome: 'not applicable',
      durationMs: 0,
      reason: 'not <there>',
    },
    { id: 'b/four', name: 'Four', area: 'Second', rule, outcome: 'not run', durationMs: 0 },
  ],
  leftBehind: ['topics: not deleted'],
}
const totals = '4 checks: 1 passed, 1 failed, 1 not applicable, 1 not run (12.3 s)'

test('text tells of each failure and the totals', () => {
  const text = textReport(report)
  for (const part of [
    'FAILED Two',
    'a/two',
    "expected: { errorCode: 'NONE' }",
    '#1 Fetch 12 {"maxBytes":1} -> ',
    '#2 sent 0xff',
  ]) {
    expect(text).toContain(part)
  }
  expect(text).toContain('left on the broker: topics: not deleted')
  expect(text.endsWith(`${totals}\n`)).toBe(true)
  expect(text).not.toContain('One')
})

test('json has a line for each check', () => {
  const text = jsonReport(report)
  expect(text.trimEnd().split('\n')).toHaveLength(6)
  expect(JSON.parse(text)).toMatchObject({
    kit: { version: '1.2.3' },
    broker: { address: 'localhost:9092', nodeId: 7, clusterId: 'a-cluster' },
    totals: { checks: 4, passed: 1, failed: 1, notApplicable: 1, notRun: 1 },
    leftBehind: ['topics: not deleted'],
    checks: [
      { id: 'a/one', name: 'One <holds>', area: 'First', rule, outcome: 'passed', durationMs: 1 },
      { outcome: 'failed', message: 'not what was expected', expected: { errorCode: 'NONE' }, exchange: [{}, {}] },
      { outcome: 'not applicable', reason: 'not <there>' },
      { outcome: 'not run' },
    ],
  })
})

/** The names of elements that are opened, when all that are opened are closed in order and all text is escaped. */
function elementsOf(xml: string): string[] {
  const open: string[] = []
  const seen: string[] = []
  const tag = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/y
  for (let at = 0; at < xml.length; ) {
    tag.lastIndex = at
    const [whole, end, name = '', , alone] = tag.exec(xml) ?? []
    if (whole === undefined) {
      const text = /[^<]+/y
      text.lastIndex = at
      const [found] = text.exec(xml) ?? []
      expect(found, `no tag at ${xml.slice(at, at + 80)}`).toBeDefined()
      expect(found?.replaceAll(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
      at += found?.length ?? 0
      continue
    }
    at += whole.length
    if (end === '/') expect(open.pop()).toBe(name)
    else seen.push(name)
    if (end === '' && alone === '') open.push(name)
  }
  expect(open).toEqual([])
  return seen
}

test('junit is XML that is well formed, with a case for each check', () => {
  const xml = junitReport(report)
  const [declaration = '', ...rest] = xml.split('\n')
  expect(declaration).toBe('<?xml version="1.0" encoding="UTF-8"?>')
  const seen = elementsOf(rest.join('\n'))
  const count = (name: string) => seen.filter((one) => one === name).length
  expect([count('testsuite'), count('testcase'), count('failure'), count('skipped')]).toEqual([2, 4, 1, 2])
  expect(xml).toContain('tests="4" failures="1" errors="0" skipped="2" time="12.345"')
  expect(xml).toContain('name="One &lt;holds&gt;"')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(xml).not.toMatch(/[\u0000-\u0008\ud800-\udfff]/)
})

describe('html', () => {
  const html = htmlReport(report)

  test('has every check, its rule and its outcome', () => {
    expect(html).toContain(totals)
    for (const { id, outcome } of report.results) {
      expect(html).toContain(`<li id="${id}" class="${outcome.replace(' ', '-')}"><b>${outcome}</b>`)
    }
    expect(html).toContain(
      '<a href="https://example.org/?a=1&amp;b=2">KIP-74: Sizes &lt;&amp;&gt; &quot;limits&quot;</a>',
    )
    expect(html).toContain('not &lt;there&gt;')
    expect(html).toContain('Left on the broker: topics: not deleted')
  })

  test('needs nothing from anywhere, and nothing from a broker becomes markup', () => {
    expect(html).not.toMatch(/<(link|img|iframe)|src=|@import|url\(/)
    expect(html.match(/<\/script>/g)).toHaveLength(1)
    expect(html).toContain('prefers-color-scheme: dark')
  })
})
