// Every script that the differ runs.
import type { Script } from '../recorder.ts'
import { adminScripts } from './admin.ts'
import { clusterScripts } from './cluster.ts'
import { consumerGroupScripts } from './consumer-groups.ts'
import { groupScripts } from './groups.ts'
import { hostileScripts } from './hostile.ts'
import { recordScripts } from './records.ts'
import { topicScripts } from './topics.ts'
import { transactionScripts } from './transactions.ts'

export const scripts: readonly Script[] = [
  ...clusterScripts,
  ...topicScripts,
  ...adminScripts,
  ...recordScripts,
  ...groupScripts,
  ...transactionScripts,
  ...consumerGroupScripts,
  ...hostileScripts,
]
