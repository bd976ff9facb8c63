// Jars of a pom's dependencies, fetched with Maven, kept in .cache/ so that only the first run on a machine fetches them;
// and programs of this repository's own, compiled against them on the fly.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CLIENTS_POM = fileURLToPath(new URL('../java/pom.xml', import.meta.url))

export interface Compiled {
  readonly classpath: string
  /** Removes what was compiled. */
  dispose(): void
}

/** The classpath of a pom's dependencies, kept under this name; `properties` are those of the pom. */
export async function jarsOf(pom: string, name: string, ...properties: readonly string[]): Promise<string> {
  const cache = fileURLToPath(new URL(`../../.cache/${name}`, import.meta.url))
  if (!existsSync(cache)) {
    const unfinished = `${cache}.${process.pid}`
    mkdirSync(unfinished, { recursive: true })
    const flags = [`outputDirectory=${unfinished}`, ...properties].map((property) => `-D${property}`)
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', ...flags])
    // Whoever is first wins; another process may have fetched the same meanwhile.
    if (existsSync(cache)) rmSync(unfinished, { recursive: true })
    else renameSync(unfinished, cache)
  }
  return `${cache}/*`
}

/** Compiles sources into a classpath of their own, before the jars. */
export async function compileJava(sources: readonly string[], classpath: string): Promise<Compiled> {
  const classes = mkdtempSync(join(tmpdir(), 'odradek-java-'))
  await run('javac', ['-nowarn', '-d', classes, '-cp', classpath, ...sources])
  return {
    classpath: `${classes}:${classpath}`,
    dispose: () => rmSync(classes, { recursive: true, force: true }),
  }
}

/** Compiles the programs of one directory of test/java, and those that all share, against Kafka's Java clients and Kafka Streams. */
export async function compileClients(directory: string): Promise<Compiled> {
  const classpath = await jarsOf(CLIENTS_POM, 'kafka-clients-4.3.1')
  const sources = ['shared', directory].flatMap((name) => {
    const path = fileURLToPath(new URL(`../java/${name}/`, import.meta.url))
    return readdirSync(path).map((file) => join(path, file))
  })
  return compileJava(sources, classpath)
}
