#!/usr/bin/env node
// The `odradek` command: reads the command line and runs what it asks for. Each command's code is loaded when it runs.
// Exit codes: 0 done, 1 what was asked for could not be had, 2 the command line or a config is wrong, 130 interrupted.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { version } from '../version.ts'
import { CommandError, ExitCode } from './command-error.ts'

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a number from 1 on.')
  return Number(text)
}

function keyAndValue(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('It has the form key=value.')
  return { ...earlier, [text.slice(0, equals).trim()]: text.slice(equals + 1).trim() }
}

function listOf(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text]
}

const program = new Command('odradek')
  .description('A Kafka-wire-compatible broker that runs wherever Node runs.')
  .version(version)
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'odradek: ').replace('\n(', ' (')) })

program
  .command('start', { isDefault: true })
  .description('start a broker (what `odradek` alone does as well)')
  .option('--port <number>', 'the port to listen on; 0 picks a free one (default: 9092)', portNumber)
  .option('--host <name>', 'the address to listen on (default: 127.0.0.1)')
  .option('--log-dir <directory>', 'where the log is kept; may be given several times (default: data)', listOf)
  .addOption(new Option('--memory', 'keep the log in memory alone').conflicts('logDir'))
  .option('--config <file>', 'a server.properties, as Kafka has it')
  .option('--override <key=value>', 'a config, above all others; may be given several times', keyAndValue)
  .option('--control <port>', 'for tests: serve the control of the broker over HTTP; 0 picks a free port', portNumber)
  .option('--control-host <name>', 'the address of the control server (default: 127.0.0.1)')
  .addOption(
    new Option('--log-level <level>', 'what is worth a line on stderr')
      .choices(['silent', 'error', 'warn', 'info', 'debug'])
      .default('warn'),
  )
  .addOption(new Option('--log-format <format>', 'how that line looks').choices(['text', 'json']).default('text'))
  .action(async (flags) => (await import('./start.ts')).start(flags))

program
  .command('run')
  .description('run a command with a broker in memory beside it; KAFKA_BOOTSTRAP_SERVERS tells it where')
  .argument('<command...>', 'the command and its arguments, after --')
  .usage('[options] -- <command...>')
  .passThroughOptions()
  .option('--topic <name[:partitions]>', 'a topic that is there; may be given several times', listOf)
  .option('--env <name>', 'another variable that tells where the broker is; may be given several times', listOf)
  .option('--port <number>', 'the port to listen on (default: a free one)', portNumber)
  .option('--log-dir <directory>', 'keep the log there instead of in memory')
  .option('--override <key=value>', 'a config of the broker; may be given several times', keyAndValue)
  .option('--api-versions <version>', 'pose as an older Kafka: 0.11 to 4.3')
  .option('--snapshot <file>', 'begin with the state that a test has saved')
  .option('--control', 'serve the control of the broker over HTTP; ODRADEK_CONTROL_URL tells where')
  .action(async (command, flags) => {
    process.exitCode = await (await import('./run.ts')).run(flags, command)
  })

program
  .command('conformance')
  .description('check how any broker answers: one that is started for it, or one in use; cleans up after itself')
  .option('--bootstrap <host:port>', 'where the broker is')
  .option('--only <pattern>', 'checks whose name, id, area or rule fits; may be given several times', listOf)
  .option('--list', 'print the checks and run none')
  .addOption(
    new Option('--report <format>', 'how the report looks').choices(['text', 'json', 'junit', 'html']).default('text'),
  )
  .option('--output <file>', 'write the report there instead of to stdout')
  .option('--concurrency <number>', 'how many checks run at once', positive, 16)
  .option('--timeout <seconds>', 'how long one check may take', positive, 60)
  .action(async (flags) => {
    const exitCode = await (await import('./conformance.ts')).conformance(flags)
    // Checks that ran out of time may still wait for something.
    process.exit(exitCode)
  })

const wire = program
  .command('wire')
  .description('the protocol debugger: JSON lines on stdin, one answer line for each on stdout')
wire
  .command('decode')
  .description('{"message":"FetchRequest","version":13,"hex":"…"} -> {"json":{…}}; "records" -> {"batches":[…]}')
  .action(async () => (await import('./wire.ts')).answerLines('decode'))
wire
  .command('encode')
  .description('{"message":"FetchRequest","version":13,"json":{…}} -> {"hex":"…"}; "records" takes "batches"')
  .action(async () => (await import('./wire.ts')).answerLines('encode'))

try {
  await program.parseAsync()
} catch (error) {
  end(error)
}

/** Tells in a sentence what went wrong, unless commander has done so already, and ends. A bug ends with its stack. */
function end(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : ExitCode.usage
  } else if (error instanceof CommandError) {
    process.stderr.write(`odradek: ${error.message}\n`, () => process.exit(error.exitCode))
  } else {
    throw error
  }
}
