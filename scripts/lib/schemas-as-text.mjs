// In the build, the fields of each message are JSON text that is parsed when they are first asked for: a string is passed
// over where code would have to be parsed, and the schemas are most of what loading the package costs.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { build } from 'esbuild'
import { root } from './project.mjs'

const directory = join(root, 'src/wire/messages')
const index = 'index.ts'

/** An esbuild plugin that puts text in the place of the schemas' source. */
export const schemasAsText = {
  name: 'schemas-as-text',
  setup({ onStart, onLoad }) {
    let texts
    onStart(async () => {
      texts = await schemaTexts()
    })
    onLoad({ filter: /[\\/]wire[\\/]messages[\\/][a-z-]+\.ts$/ }, ({ path }) => {
      const contents = texts.get(basename(path))
      return contents === undefined ? undefined : { contents, loader: 'js' }
    })
  },
}

/** What stands for each source file, from its schemas as they are. */
async function schemaTexts() {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.ts') && file !== index)
  const outdir = await mkdtemp(join(tmpdir(), 'odradek-schemas-'))
  try {
    const entryPoints = files.map((file) => join(directory, file))
    const outExtension = { '.js': '.mjs' }
    await build({
      entryPoints,
      outdir,
      outExtension,
      bundle: true,
      splitting: true,
      format: 'esm',
      logLevel: 'warning',
    })
    const modules = files.map((file) => import(pathToFileURL(join(outdir, file.replace('.ts', '.mjs')))))
    return new Map((await Promise.all(modules)).map((schemas, at) => [files[at], moduleOf(schemas)]))
  } finally {
    await rm(outdir, { recursive: true, force: true })
  }
}

function moduleOf(schemas) {
  const messages = Object.entries(schemas).map(([name, schema]) => `export const ${name} = ${messageOf(schema)}`)
  return ["import { message } from '../schema.ts'", ...messages, ''].join('\n')
}

function messageOf({ name, fields, ...options }) {
  const text = JSON.stringify(fields())
  if (!isDeepStrictEqual(JSON.parse(text), fields())) throw new Error(`${name} has fields that are no JSON`)
  return `message(${JSON.stringify(name)}, ${JSON.stringify(options)}, () => JSON.parse(${literal(text)}))`
}

/** JSON has double quotes, so single ones leave it as it is. */
function literal(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
