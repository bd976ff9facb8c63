// Every script, in the order in which they run.
import type { Script } from '../script.ts'
import { topicScripts } from './topics.ts'

export const scripts: readonly Script[] = [...topicScripts]
