// `npm run build`: dist/ from src/, in a few seconds.
//
// dist/*.js      ES modules; the entries share their code through chunks
//                (the conformance kit, whose checks are the tests of test/compat, is chunks of the command alone)
// dist/cjs/*.js  the same files turned into CommonJS one by one, so that require('odradek') and
//                require('odradek/wire') share their code as well, and Node 20 needs no require(esm)
// dist/types     declarations, once more in dist/cjs/types, where the package.json beside them makes them CommonJS's
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build, transform } from 'esbuild'
import { root } from './lib/project.mjs'
import { schemasAsText } from './lib/schemas-as-text.mjs'

process.chdir(root)
const { version, dependencies, peerDependencies } = JSON.parse(await readFile('package.json', 'utf8'))
const target = 'node20'
const libraries = ['index', 'wire', 'testing', 'testing-vitest', 'testing-jest'].map((name) => `dist/${name}.js`)

/** The behaviour tests are the conformance kit's checks, which run by themselves. */
const checksWithoutVitest = {
  name: 'checks-without-vitest',
  setup({ onResolve }) {
    onResolve({ filter: /^[.][/]runner[.]ts$/ }, ({ importer }) => {
      return importer.startsWith(join(root, 'test/support')) ? { path: join(root, 'conformance/runner.ts') } : undefined
    })
  },
}

await rm('dist', { recursive: true, force: true })
await Promise.all([buildModules().then(buildCommonJs), buildTypes()])
await cp('dist/types', 'dist/cjs/types', { recursive: true })

async function buildModules() {
  const { metafile } = await build({
    entryPoints: {
      index: 'src/index.ts',
      wire: 'src/wire/index.ts',
      testing: 'src/testing/index.ts',
      'testing-vitest': 'src/testing/vitest.ts',
      'testing-jest': 'src/testing/jest.ts',
      cli: 'src/cli/main.ts',
      // Started as a thread by those above, by its path.
      'cleaner-worker': 'src/log/cleaner-worker.ts',
    },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target,
    external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
    define: { ODRADEK_VERSION: JSON.stringify(version) },
    plugins: [checksWithoutVitest, schemasAsText],
    metafile: true,
    logLevel: 'warning',
  })
  await chmod('dist/cli.js', 0o755)
  return metafile.outputs
}

/** The library's files alone: the command is a process of its own and needs no CommonJS. */
async function buildCommonJs(outputs) {
  const files = reachable(outputs, libraries)
  await mkdir('dist/cjs/chunks', { recursive: true })
  await writeFile('dist/cjs/package.json', '{ "type": "commonjs" }\n')
  await Promise.all(files.map(toCommonJs))
}

function reachable(outputs, entries) {
  const found = new Set(entries)
  for (const file of found) {
    for (const { path, external } of outputs[file].imports) if (!external) found.add(path)
  }
  return [...found]
}

async function toCommonJs(file) {
  const { code } = await transform(await readFile(file, 'utf8'), {
    format: 'cjs',
    platform: 'node',
    target,
    // import() of a file of ours becomes a require(), so that both ways lead to one instance.
    supported: { 'dynamic-import': false },
    sourcefile: file,
    // import.meta is empty in CommonJS; the code that uses it looks for __filename first.
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  })
  await writeFile(file.replace('dist/', 'dist/cjs/'), code)
}

async function buildTypes() {
  const tsc = 'node_modules/typescript/bin/tsc'
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.build.json']).catch((error) => {
    throw new Error(`tsc: ${error.stdout}`)
  })
}
