// `npm run docs`: writes the tables of docs/ that follow from the code, between their markers; --check only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generated } from '../test/docs/tables.ts'

const check = process.argv.includes('--check')
for (const { file, section, content } of await generated()) {
  const path = fileURLToPath(new URL(`../docs/${file}`, import.meta.url))
  const text = readFileSync(path, 'utf8')
  const [begin, end] = [`<!-- begin: ${section} -->`, `<!-- end: ${section} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no section ${section}`)
  const updated = `${text.slice(0, from + begin.length)}\n${content.trim()}\n${text.slice(to)}`
  if (updated === text) continue
  if (check) {
    console.error(`docs/${file}: the section ${section} is out of date; run npm run docs`)
    process.exitCode = 1
  } else writeFileSync(path, updated)
}
