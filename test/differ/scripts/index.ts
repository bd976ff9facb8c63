// Every script that the differ runs.
import type { Script } from '../recorder.ts'
import { clusterScripts } from './cluster.ts'
import { groupScripts } from './groups.ts'
import { hostileScripts } from './hostile.ts'
import { recordScripts } from './records.ts'
import { topicScripts } from './topics.ts'

export const scripts: readonly Script[] = [
  ...clusterScripts,
  ...topicScripts,
  ...recordScripts,
  ...groupScripts,
  ...hostileScripts,
]
