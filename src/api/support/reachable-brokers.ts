// The brokers that clients of one listener can connect to, at the address that is advertised to them.
import type { BrokerRegistration, MetadataImage } from '../../metadata/index.ts'

export interface ReachableBroker {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export function reachableBrokers(image: MetadataImage, listenerName: string): ReachableBroker[] {
  return [...image.brokers.values()]
    .filter(({ fenced }) => !fenced)
    .flatMap((broker) => addressOf(broker, listenerName))
}

/** The broker's address for clients of this listener; none where it does not have the listener. */
export function addressOf(broker: BrokerRegistration, listenerName: string): ReachableBroker[] {
  const endpoint = broker.endpoints.find(({ name }) => name === listenerName)
  if (endpoint === undefined) return []
  const { host, port } = endpoint
  return [{ brokerId: broker.brokerId, host, port, rack: broker.rack }]
}
