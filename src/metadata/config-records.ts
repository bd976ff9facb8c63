// Changed configs as records. With eligible leader replicas (KIP-966), a change of min.insync.replicas makes those of
// before invalid: they were chosen by the old number.
import type { ConfigChange, ConfigResource } from '../config/index.ts'
import { ConfigResourceType } from '../config/index.ts'
import { ELIGIBLE_LEADER_REPLICAS_VERSION } from './features.ts'
import type { MetadataImage } from './image.ts'
import type { NewMetadataRecord } from './records.ts'

export interface ResourceChanges extends ConfigResource {
  readonly changes: readonly ConfigChange[]
}

export function configRecords(image: MetadataImage, altered: readonly ResourceChanges[]): NewMetadataRecord[] {
  const records = altered.flatMap(({ resourceType, resourceName, changes }) =>
    changes.map(
      ({ name, value }): NewMetadataRecord => ({
        type: 'ConfigRecord',
        version: 0,
        data: { resourceType, resourceName, name, value },
      }),
    ),
  )
  if ((image.features.get(ELIGIBLE_LEADER_REPLICAS_VERSION) ?? 0) === 0) return records
  for (const { resourceType, resourceName, changes } of altered) {
    if (changes.every(({ name }) => name !== 'min.insync.replicas')) continue
    const topicName = resourceType === ConfigResourceType.TOPIC ? resourceName : ''
    records.push({ type: 'ClearElrRecord', version: 0, data: { topicName } })
  }
  return records
}
