// The names of the timers that a member of a consumer group may have. Ids are any text, so the length of the group's is
// part of the name: no two pairs make one.

export const memberTimers = ['session', 'rebalance', 'join', 'sync'] as const
export type MemberTimer = (typeof memberTimers)[number]

export function memberTimer(kind: MemberTimer, groupId: string, memberId: string): string {
  return `consumer-${kind}-${groupId.length}-${groupId}-${memberId}`
}
