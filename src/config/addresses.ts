// Addresses inside config values: the quorum's voters, bootstrap servers and listeners.
// Parses and refuses as Kafka does; opens and resolves nothing.
import { KafkaError } from '../wire/errors.ts'

export interface Voter {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type SecurityProtocol = (typeof securityProtocols)[number]

export interface Listener {
  /** In upper case, as Kafka normalises it. */
  readonly name: string
  /** null when the listener binds (or is advertised) without a host. */
  readonly host: string | null
  readonly port: number
  readonly securityProtocol: SecurityProtocol
}

const hostPort = /^(?:[0-9a-zA-Z\-%._]*:\/\/)?\[?([0-9a-zA-Z\-%._:]*)\]?:([0-9]+)$/

function splitHostAndPort(address: string, refusal: string): HostAndPort {
  const [, host, port] = hostPort.exec(address) ?? []
  if (host === undefined || port === undefined) throw new KafkaError('INVALID_CONFIG', refusal)
  return { host, port: Number(port) }
}

/** `controller.quorum.voters`: id@host:port. */
export function parseQuorumVoters(entries: readonly string[]): readonly Voter[] {
  const form = 'Each entry should be in the form `{id}@{host}:{port}`.'
  return entries.map((entry) => {
    const [id = '', address, ...rest] = entry.split('@')
    if (address === undefined || rest.length > 0) {
      throw new KafkaError('INVALID_CONFIG', `Invalid configuration value for controller.quorum.voters. ${form}`)
    }
    if (!/^[+-]?[0-9]+$/.test(id)) {
      throw new KafkaError('INVALID_CONFIG', `Failed to parse voter ID as an integer from ${id}`)
    }
    const refusal = `Failed to parse host name from entry ${entry} for the configuration controller.quorum.voters. ${form}`
    return { id: Number(id), ...splitHostAndPort(address, refusal) }
  })
}

/** `controller.quorum.bootstrap.servers`: host:port. */
export function parseBootstrapServers(servers: readonly string[]): readonly HostAndPort[] {
  return servers.map((server) =>
    splitHostAndPort(
      server,
      `Failed to parse host name from ${server} for the configuration controller.quorum.bootstrap.servers. Each entry should be in the form "{host}:{port}"`,
    ),
  )
}

export type SecurityProtocolMap = ReadonlyMap<string, SecurityProtocol>

/** `listener.security.protocol.map`: NAME:PROTOCOL,… with names in upper case. */
export function parseSecurityProtocolMap(text: string): SecurityProtocolMap {
  const property = 'listener.security.protocol.map'
  const map = new Map<string, SecurityProtocol>()
  for (const [name, protocol] of parsePairs(property, text)) {
    const known = securityProtocols.find((candidate) => candidate === protocol.toUpperCase())
    if (known === undefined) {
      throw new KafkaError('INVALID_CONFIG', `Invalid security protocol \`${protocol}\` defined in ${property}`)
    }
    map.set(name.toUpperCase(), known)
  }
  return map
}

/** Kafka's "key:value,key:value"; the last colon separates, so that a key may be an IPv6 address. */
export function parsePairs(property: string, text: string): readonly (readonly [string, string])[] {
  if (text === '') return []
  return text.split(/\s*,\s*/).map((pair) => {
    const colon = pair.lastIndexOf(':')
    if (colon < 0) {
      throw new KafkaError(
        'INVALID_CONFIG',
        `Error parsing configuration property '${property}': begin 0, end -1, length ${pair.length}`,
      )
    }
    return [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()] as const
  })
}

/** The name in front of "://", in upper case. */
export function listenerName(listener: string): string {
  const end = listener.indexOf(':')
  if (end < 0) throw new KafkaError('INVALID_CONFIG', `Unable to parse a listener name from ${listener}`)
  return listener.slice(0, end).toUpperCase()
}

const endpoint = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/

/** `listeners` or `advertised.listeners`; ports must differ only where a socket is bound. */
export function parseListeners(
  entries: readonly string[],
  protocols: SecurityProtocolMap,
  options: { readonly distinctPorts: boolean },
): readonly Listener[] {
  const shown = `[${entries.join(', ')}]`
  try {
    const listeners = entries.map((entry) => parseListener(entry, protocols))
    if (new Set(listeners.map(({ name }) => name)).size !== listeners.length) {
      refuse(`Each listener must have a different name, listeners: ${shown}`)
    }
    if (options.distinctPorts) checkPorts(listeners, shown)
    return listeners
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    throw new KafkaError('INVALID_CONFIG', `Error creating broker listeners from '${shown}': ${error.message}`)
  }
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_CONFIG', message)
}

function parseListener(entry: string, protocols: SecurityProtocolMap): Listener {
  const [, name, host, port] = endpoint.exec(entry) ?? []
  if (name === undefined || port === undefined) return refuse(`Unable to parse ${entry} to a broker endpoint`)
  const normalised = name.toUpperCase()
  const securityProtocol = protocols.get(normalised)
  if (securityProtocol === undefined) return refuse(`No security protocol defined for listener ${normalised}`)
  return { name: normalised, host: host === '' ? null : (host ?? null), port: Number(port), securityProtocol }
}

/** Port 0 picks a free port each time, so only the others can clash. */
function checkPorts(listeners: readonly Listener[], shown: string): void {
  const byPort = new Map<number, Listener[]>()
  for (const listener of listeners) {
    if (listener.port === 0) continue
    const sharing = byPort.get(listener.port)
    if (sharing === undefined) byPort.set(listener.port, [listener])
    else sharing.push(listener)
  }
  for (const [port, sharing] of byPort) {
    if (sharing.length > 1) checkSharedPort(port, sharing, shown)
  }
}

/** An IPv4 and an IPv6 address may share a port. */
function checkSharedPort(port: number, listeners: readonly Listener[], shown: string): void {
  const families = listeners.map(({ host }) => addressFamily(host)).filter((family) => family !== null)
  if (listeners.length - families.length > 1) {
    refuse(`Each listener must have a different port, listeners: ${shown}`)
  }
  if (families.length !== 2) {
    refuse(
      `Each listener must have a different port unless exactly one listener has an IPv4 address and the other IPv6 address, listeners: ${shown}, port: ${port}`,
    )
  }
  if (families[0] === families[1]) {
    refuse(
      `If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, listeners: ${shown}, port: ${port}`,
    )
  }
}

function addressFamily(host: string | null): 'IPv4' | 'IPv6' | null {
  if (host === null) return null
  if (/^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/.test(host)) return 'IPv4'
  return host.includes(':') ? 'IPv6' : null
}
