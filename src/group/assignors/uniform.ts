// The uniform assignor: every member has as many partitions as the others, give or take one, and keeps what it has as
// far as that allows. Where all subscribe to the same topics that takes one pass, else a search for balance.
import type { Assignor } from './assignor.ts'
import { assignHeterogeneous } from './uniform-heterogeneous.ts'
import { assignHomogeneous } from './uniform-homogeneous.ts'

export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign(group) {
    if (group.members.length === 0) return new Map()
    return group.isHomogeneous ? assignHomogeneous(group) : assignHeterogeneous(group)
  },
}
