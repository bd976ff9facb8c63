// The brokers at the address that is advertised to the clients of one listener.
import type { MetadataImage } from '../../metadata/index.ts'

export interface BrokerAddress {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

/** All that have the listener, also those that are fenced. */
export function brokerAddresses(image: MetadataImage, listenerName: string): BrokerAddress[] {
  return [...image.brokers.values()].flatMap(({ brokerId, rack, fenced, endpoints }) => {
    const endpoint = endpoints.find(({ name }) => name === listenerName)
    if (endpoint === undefined) return []
    const { host, port } = endpoint
    return [{ brokerId, host, port, rack, isFenced: fenced }]
  })
}

/** Those that clients can connect to now. */
export function reachableBrokers(image: MetadataImage, listenerName: string): BrokerAddress[] {
  return brokerAddresses(image, listenerName).filter(({ isFenced }) => !isFenced)
}

/**
 * Where clients shall send what is for the controller: to any broker that is alive, which passes it on. The active
 * controller's own broker where it is one, else the first; -1 where none is alive.
 */
export function controllerFor(image: MetadataImage): number {
  if (image.brokers.get(image.controllerId)?.fenced === false) return image.controllerId
  const alive = [...image.brokers.values()].find(({ fenced }) => !fenced)
  return alive?.brokerId ?? -1
}
