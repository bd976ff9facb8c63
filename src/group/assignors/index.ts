// The assignors that the coordinator offers, by what `group.consumer.assignors` names.
import type { Assignor } from './assignor.ts'
import { rangeAssignor } from './range.ts'
import { uniformAssignor } from './uniform.ts'

/** By their names, and by those of their classes in Kafka, which the config takes too. */
const known = new Map<string, Assignor>([
  ['uniform', uniformAssignor],
  ['range', rangeAssignor],
  ['org.apache.kafka.coordinator.group.assignor.UniformAssignor', uniformAssignor],
  ['org.apache.kafka.coordinator.group.assignor.RangeAssignor', rangeAssignor],
])

/** In the order of the config, the default first. Throws for a class that is not one of Kafka's own. */
export function assignorsOf(names: readonly string[]): readonly [Assignor, ...Assignor[]] {
  const [first, ...others] = names.map((name) => {
    const assignor = known.get(name)
    if (assignor === undefined) throw new Error(`group.consumer.assignors: there is no assignor ${name} here`)
    return assignor
  })
  if (first === undefined) throw new Error('group.consumer.assignors is empty')
  return [first, ...others]
}
