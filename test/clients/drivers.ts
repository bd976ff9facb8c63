// The clients of the matrix: how each is installed and started. What cannot be installed here says why.
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Command } from '../support/client-process.ts'
import { jarsOf } from '../support/jars.ts'

const run = promisify(execFile)
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const cache = (path: string) => fileURLToPath(new URL(`../../.cache/clients/${path}`, import.meta.url))

/** Why a driver cannot run on this machine. */
export class NotInstalled extends Error {}

export interface Driver {
  readonly name: string
  /** As in its documentation, for the table. */
  readonly client: string
  /** Installs and compiles what is missing; gives the command, without its arguments. */
  prepare(): Promise<Command>
}

export const drivers: readonly Driver[] = [
  npmDriver('kafkajs', 'kafkajs'),
  npmDriver('platformatic', '@platformatic/kafka', cache('platformatic/node_modules/.bin/node')),
  npmDriver('node-rdkafka', 'node-rdkafka'),
  pythonDriver('confluent-kafka', 'confluent-kafka (Python)'),
  pythonDriver('kafka-python', 'kafka-python'),
  pythonDriver('aiokafka', 'aiokafka'),
  goDriver('franz-go', 'franz-go'),
  goDriver('sarama', 'sarama'),
  goDriver('kafka-go', 'kafka-go'),
  rustDriver('rdkafka', 'rdkafka (Rust)'),
  rustDriver('rskafka', 'rskafka'),
  javaDriver('4.3.1', 'since-2.5', 'since-3.1'),
  javaDriver('3.9.2', 'since-2.5', 'since-3.1'),
  javaDriver('2.8.2', 'since-2.5', 'before-3.1'),
  javaDriver('1.1.1', 'before-2.5', 'before-3.1'),
  dotnetDriver('dotnet', 'Confluent.Kafka (.NET)'),
]

function need(tool: string, ...args: string[]): void {
  const { error, status } = spawnSync(tool, args, { stdio: 'ignore' })
  if (error !== undefined || status !== 0) throw new NotInstalled(`no ${tool} on this machine`)
}

async function install(file: string, args: readonly string[], cwd: string): Promise<void> {
  try {
    await run(file, args, { cwd, maxBuffer: 64 << 20 })
  } catch (error) {
    const { message, stderr = '' } = error as Error & { stderr?: string }
    // What a compiler said, and not where npm was when it ended.
    const lines = stderr
      .split('\n')
      .filter((line) => /error|fail/i.test(line) && !/^npm error (code|path|command)/.test(line))
    throw new NotInstalled(`${file} ${args[0]}: ${lines.slice(0, 5).join(' | ') || message.slice(0, 300)}`)
  }
}

/** Installs into a directory of the cache, once for each content of the manifests, which are copied there. */
async function once(name: string, manifests: readonly string[], installIn: (directory: string) => Promise<void>) {
  const directory = cache(name)
  // What is compiled for one Node does not load in another.
  const hash = createHash('sha256').update(process.version)
  for (const manifest of manifests) hash.update(readFileSync(manifest))
  const digest = hash.digest('hex')
  const stamp = join(directory, '.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return directory
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const manifest of manifests) cpSync(manifest, join(directory, manifest.split('/').at(-1) ?? ''))
  await installIn(directory)
  writeFileSync(stamp, digest)
  return directory
}

/** A promise made once, for drivers that share what it makes. */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

function npmDriver(name: string, client: string, node = process.execPath): Driver {
  return {
    name,
    client,
    async prepare() {
      const manifests = ['package.json', 'package-lock.json', '.npmrc'].map((file) =>
        here(`javascript/${name}/${file}`),
      )
      const directory = await once(name, manifests, (cwd) => install('npm', ['ci'], cwd))
      // Beside node_modules, where their imports find the packages.
      const sources = ['harness.mjs', 'scenarios.mjs', `${name}/driver.mjs`]
      for (const file of sources) cpSync(here(`javascript/${file}`), join(directory, file.split('/').at(-1) ?? ''))
      return { file: node, args: [join(directory, 'driver.mjs')] }
    },
  }
}

const pythonEnvironment = shared(() =>
  once('python', [here('python/requirements.txt')], async (cwd) => {
    need('python3', '--version')
    await install('python3', ['-m', 'venv', 'venv'], cwd)
    const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:']
    await install('venv/bin/pip', ['install', ...flags, '-r', 'requirements.txt'], cwd)
  }),
)

function pythonDriver(name: string, client: string): Driver {
  return {
    name,
    client,
    async prepare() {
      const directory = await pythonEnvironment()
      // -B: nothing is written beside the sources.
      const script = here(`python/${name.replaceAll('-', '_')}_driver.py`)
      return { file: join(directory, 'venv/bin/python'), args: ['-B', script] }
    },
  }
}

const goPrograms = shared(async () => {
  need('go', 'version')
  const directory = cache('go')
  mkdirSync(directory, { recursive: true })
  await install('go', ['build', '-o', `${directory}/`, './cmd/...'], here('go'))
  return directory
})

function goDriver(name: string, client: string): Driver {
  return { name, client, prepare: async () => ({ file: join(await goPrograms(), name), args: [] }) }
}

const rustPrograms = shared(async () => {
  need('cargo', '--version')
  const directory = cache('rust')
  mkdirSync(directory, { recursive: true })
  // In the cache, since cargo writes its lock beside the manifest.
  cpSync(here('rust'), directory, { recursive: true })
  await install('cargo', ['build', '--quiet'], directory)
  return join(directory, 'target/debug')
})

function rustDriver(name: string, client: string): Driver {
  return { name, client, prepare: async () => ({ file: join(await rustPrograms(), name), args: [] }) }
}

/** Compiled against its version; the eras are the directories with what that one calls otherwise than others. */
function javaDriver(version: string, dialect: string, topics: string): Driver {
  const name = `java-${version}`
  return {
    name,
    client: `Java kafka-clients ${version}`,
    async prepare() {
      need('javac', '-version')
      need('mvn', '--version')
      const property = `clients.version=${version}`
      const classpath = await jarsOf(here('java/pom.xml'), `clients/kafka-clients-${version}`, property).catch(
        (error: Error) => {
          throw new NotInstalled(`mvn: ${error.message.slice(0, 300)}`)
        },
      )
      const sources = ['Driver', 'Scenarios', 'Client', `${dialect}/Dialect`, `${topics}/Topics`]
      const paths = sources.map((file) => here(`java/${file}.java`))
      const classes = await once(name, paths, async (directory) => {
        await run('javac', ['-nowarn', '-d', directory, '-cp', classpath, ...paths])
      })
      const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
      const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'
      return { file: 'java', args: [...jvm, logging, '-cp', `${classes}:${classpath}`, 'Driver'] }
    },
  }
}

/** Listed, so that every run and the table tell that it is not there. */
function dotnetDriver(name: string, client: string): Driver {
  const prepare = () => Promise.reject(new NotInstalled('it has no driver yet, for want of a .NET SDK'))
  return { name, client, prepare }
}
