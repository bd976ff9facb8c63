// ApiVersions (key 18), versions 0-4.
// 0: the list of APIs. 1: throttle time. 3: flexible; the client says its software (KIP-511), and features are told
// (KIP-584). 4: supported features whose minimum is 0 are told too (before, clients choked on them).
// The broker answers an unknown version with version 0 and UNSUPPORTED_VERSION: that is in server/dispatch.ts.
import { apis, type Draft, ErrorCode } from '../wire/index.ts'
import { type ApiHandler, defineApi } from './handler.ts'

export interface Features {
  readonly supported: readonly { readonly name: string; readonly min: number; readonly max: number }[]
  readonly finalized: ReadonlyMap<string, number>
  /** The offset of the metadata log at which `finalized` holds. */
  readonly epoch: number
}

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** Kafka 4 serves Produce from 3 on but lists it from 0, since librdkafka before 2.11 derives its features from that. */
const LISTED_PRODUCE_MIN = 0

export function apiVersionsApi(rooms: { handlers: () => readonly ApiHandler[]; features: () => Features }): ApiHandler {
  const apiKeys = () =>
    rooms
      .handlers()
      .filter(({ isAdvertised = true }) => isAdvertised)
      .map(({ api, versions }) => ({
        apiKey: api.key,
        minVersion: api.key === apis.Produce.key ? LISTED_PRODUCE_MIN : versions.min,
        maxVersion: versions.max,
      }))
      .sort((a, b) => a.apiKey - b.apiKey)

  return defineApi(
    apis.ApiVersions,
    { min: 0, max: 4 },
    (context, request): Draft<typeof apis.ApiVersions.response> => {
      if (context.apiVersion >= 3) {
        const { clientSoftwareName: name, clientSoftwareVersion: version } = request
        if (!SOFTWARE_NAME.test(name) || !SOFTWARE_NAME.test(version)) return { errorCode: ErrorCode.INVALID_REQUEST }
        context.connection.clientSoftware = { name, version }
      }
      if (context.apiVersion < 3) return { apiKeys: apiKeys() }
      const { supported, finalized, epoch } = rooms.features()
      return {
        apiKeys: apiKeys(),
        supportedFeatures: supported
          .filter(({ min }) => context.apiVersion >= 4 || min > 0)
          .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
        finalizedFeatures: [...finalized].map(([name, level]) => ({
          name,
          minVersionLevel: level,
          maxVersionLevel: level,
        })),
        finalizedFeaturesEpoch: epoch,
      }
    },
    (_request, errorCode) => ({ errorCode }),
  )
}
