// The projects of examples/, each copied to a directory of its own with the package as it would be published, and the
// Nodes that they are run on.
import { type ExecFileOptions, execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const shell = process.platform === 'win32'

export interface Ran {
  readonly code: number
  /** What it printed, on both. */
  readonly output: string
}

/** Where the projects are while they are tested. */
export class Workshop {
  readonly #directory = mkdtempSync(join(tmpdir(), 'odradek-examples-'))
  readonly #projects = new Map<string, Promise<string>>()
  tarball = ''

  async open(): Promise<void> {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', this.#directory]
    const [{ filename }] = JSON.parse(await npm(root, args)) as [{ filename: string }]
    this.tarball = join(this.#directory, filename)
  }

  /** A copy of the example; where it has a package.json, with the package and all else that it asks for. */
  project(name: string): Promise<string> {
    const made = this.#projects.get(name) ?? this.#make(name)
    this.#projects.set(name, made)
    return made
  }

  async #make(name: string): Promise<string> {
    const directory = join(this.#directory, name)
    const here = (path: string): boolean => !/node_modules|\.venv|__pycache__|target$/.test(path)
    cpSync(join(root, 'examples', name), directory, { recursive: true, filter: here })
    const manifest = join(directory, 'package.json')
    if (!existsSync(manifest)) return directory
    const { devDependencies, ...rest } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest
    const asPublished = { ...devDependencies, odradek: `file:${this.tarball}` }
    writeFileSync(manifest, JSON.stringify({ ...rest, devDependencies: asPublished }))
    await npm(directory, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
    return directory
  }

  /** A directory in which nothing is yet, and the package as it would be published. */
  empty(name: string): { readonly directory: string; readonly tarball: string } {
    const directory = join(this.#directory, name)
    mkdirSync(directory)
    return { directory, tarball: this.tarball }
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }
}

interface Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', args, { cwd, shell })
  return stdout
}

/** Runs a command in a directory, with this Node and the project's commands first in its path. */
export async function run(
  directory: string,
  node: string,
  [file, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, VITEST: ___, ...inherited } = process.env
  const path = [dirname(node), join(directory, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const options: ExecFileOptions & { encoding: 'utf8' } = {
    encoding: 'utf8',
    cwd: directory,
    env: { ...inherited, NO_COLOR: '1', KAFKAJS_NO_PARTITIONER_WARNING: '1', ...env, PATH: path },
    maxBuffer: 64 << 20,
    shell,
  }
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, options)
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '', message } = error as Failure
    return { code: typeof code === 'number' ? code : 1, output: stdout + stderr || message }
  }
}

interface Failure extends Error {
  readonly code?: number | string
  readonly stdout?: string
  readonly stderr?: string
}

/** Whether a tool is there; where not, why a test is skipped is told. */
export function has(what: string, command: string, ...args: readonly string[]): boolean {
  if (spawnSync(command, args, { shell }).status === 0) return true
  console.log(`skipped: ${what}, for there is no ${command} here`)
  return false
}

/** The Nodes that are asked for with ODRADEK_NODES, `20 22`; by default the one that runs us. */
export function majors(): string[] {
  const [own = ''] = process.versions.node.split('.')
  return process.env.ODRADEK_NODES?.split(/\s+/) ?? [own]
}

/** The binary of a Node, from the npm package of that name where it is not ours. */
export async function nodeBinary(major: string): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const directory = join(root, '.cache', `node-${major}`)
  const binary = join(directory, 'node_modules/node/bin/node')
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true })
    await npm(directory, ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', directory, `node@${major}`])
  }
  return binary
}

/** The runner-neutral suite, in a project: each file twice, for two workers. */
export function addEssentials(directory: string, file: string): void {
  const from = join(root, 'test/examples/essentials')
  const to = join(directory, 'essentials')
  mkdirSync(to, { recursive: true })
  cpSync(join(from, 'essentials.cjs'), join(to, 'essentials.cjs'))
  for (const nth of ['1', '2']) cpSync(join(from, file), join(to, file.replace('.1.', `.${nth}.`)))
}
