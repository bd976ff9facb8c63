// The report as a page of its own: no request leaves it, and without its few lines of script all is there, unfiltered.
import { inspect } from 'node:util'
import type { Rule } from '../test/support/rules.ts'
import { byArea, type CheckResult, type Failure, type Report, totalsLine, totalsOf } from './report.ts'
import { escapeXml } from './report-junit.ts'
import { stepText } from './report-text.ts'

export function htmlReport(report: Report): string {
  const { broker, version, startedAt, results, leftBehind, brokenOff } = report
  const title = `Conformance of ${broker.address}`
  const areas = Array.from(byArea(results), ([area, ofArea]) => areaSection(area, ofArea))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
<header>
<h1>${escapeXml(title)}</h1>
<p>${escapeXml(totalsLine(report))}</p>
<p class="quiet">Broker ${broker.nodeId} of cluster ${escapeXml(broker.clusterId ?? 'without an id')}, ${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, odradek ${escapeXml(version)}</p>
${brokenOff === undefined ? '' : `<p class="failed">Broken off: ${escapeXml(brokenOff)}</p>`}${leftBehind.map((what) => `<p class="failed">Left on the broker: ${escapeXml(what)}</p>`).join('')}
<form><label>Show <select id="outcome"><option value="">all</option><option>failed</option><option>passed</option><option>not applicable</option><option>not run</option></select></label>
<label>with <input id="text" type="search" placeholder="a word of name, id or rule"></label></form>
</header>
<main>
${areas.join('\n')}
</main>
<script>${SCRIPT}</script>
</html>
`
}

function areaSection(area: string, results: readonly CheckResult[]): string {
  const { checks, passed, failed } = totalsOf(results)
  const summary = `${passed} of ${checks} passed${failed === 0 ? '' : `, ${failed} failed`}`
  return `<section><h2>${escapeXml(area)} <span class="quiet">${summary}</span></h2>
<ul>
${results.map(item).join('\n')}
</ul></section>`
}

function item({ id, name, rule, outcome, durationMs, reason, failure }: CheckResult): string {
  const head = `<b>${outcome}</b> ${escapeXml(name)} <span class="quiet">${ruleLink(rule)} · ${durationMs} ms</span>`
  const why = reason === undefined ? '' : `<div class="quiet">${escapeXml(reason)}</div>`
  const told = failure === undefined ? '' : failureDetails(failure)
  return `<li id="${escapeXml(id)}" class="${outcome.replace(' ', '-')}">${head}${why}${told}</li>`
}

function ruleLink({ source, title, url }: Rule): string {
  const text = `${escapeXml(source)}: ${escapeXml(title)}`
  return url === undefined ? text : `<a href="${escapeXml(url)}">${text}</a>`
}

function failureDetails({ message, expected, got, exchange }: Failure): string {
  const shown = (value: unknown) => escapeXml(inspect(value, { depth: 10, breakLength: 110, maxArrayLength: null }))
  const steps =
    exchange.length === 0
      ? ''
      : `<details><summary>${exchange.length} steps</summary><pre>${escapeXml(exchange.map(stepText).join('\n'))}</pre></details>`
  return `<div>${escapeXml(message)}</div><dl><dt>expected</dt><dd><pre>${shown(expected)}</pre></dd><dt>got</dt><dd><pre>${shown(got)}</pre></dd></dl>${steps}`
}

const STYLE = `
:root { --text: #1c1e21; --quiet: #666b73; --page: #fff; --box: #f4f5f7; --bad: #b3261e; --good: #1a7f37; --other: #8a6100; --link: #0b57d0 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e3e5e8; --quiet: #9aa0a8; --page: #15171a; --box: #212429; --bad: #ff8a80; --good: #6fd08c; --other: #e0b455; --link: #8ab4f8 }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
a { color: inherit } .quiet { color: var(--quiet); font-weight: normal; font-size: .85em }
ul { list-style: none; margin: 0; padding: 0 } li { padding: .25rem 0; border-top: 1px solid var(--box) }
li b { display: inline-block; min-width: 7.5em; font-size: .85em }
.passed b { color: var(--good) } .failed b, p.failed { color: var(--bad) } .not-applicable b, .not-run b { color: var(--other) }
pre { background: var(--box); padding: .5rem; margin: 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem }
dl { display: grid; grid-template-columns: 5rem 1fr; gap: .25rem; margin: .5rem 0 } dd { margin: 0 }
label { margin-right: 1rem } select, input { font: inherit }
[hidden] { display: none }`

const SCRIPT = `
const outcome = document.getElementById('outcome'), text = document.getElementById('text')
const show = () => {
  const word = text.value.toLowerCase()
  for (const section of document.querySelectorAll('section')) {
    let left = 0
    for (const item of section.querySelectorAll('li')) {
      const fits = (outcome.value === '' || item.className === outcome.value.replace(' ', '-'))
        && (item.id + ' ' + item.textContent).toLowerCase().includes(word)
      item.hidden = !fits
      if (fits) left++
    }
    section.hidden = left === 0
  }
}
outcome.addEventListener('change', show)
text.addEventListener('input', show)
document.forms[0].addEventListener('submit', (event) => event.preventDefault())`
