// Every script, in the order in which they run.
import type { Script } from '../script.ts'
import { clientScripts } from './clients.ts'
import { clusterScripts } from './cluster.ts'
import { configScripts } from './configs.ts'
import { groupScripts } from './groups.ts'
import { logScripts } from './logs.ts'
import { partitionScripts } from './partitions.ts'
import { topicScripts } from './topics.ts'
import { transactionScripts } from './transactions.ts'

export const scripts: readonly Script[] = [
  ...topicScripts,
  ...groupScripts,
  ...partitionScripts,
  ...clusterScripts,
  ...clientScripts,
  ...transactionScripts,
  ...logScripts,
  ...configScripts,
]
