// The differences that are known and meant, each with its reason.
import type { Difference, Invocation } from './comparison.ts'

export interface Expected {
  readonly reason: string
  covers(invocation: Invocation, difference: Difference): boolean
}

const SECURITY = /Sasl|Acls|DelegationToken|ClientQuotas|UserScramCredentials/
const OTHER_GROUPS = /Share|StreamsGroup/

/** The line of an API that is not served, among those of broker-api-versions. */
function unsupported(apis: RegExp): Expected['covers'] {
  return ({ tool }, { odradek = '' }) =>
    tool === 'broker-api-versions' && odradek.includes('UNSUPPORTED') && apis.test(odradek)
}

export const expected: readonly Expected[] = [
  { reason: 'SASL, ACLs, delegation tokens, quotas and SCRAM are not there yet', covers: unsupported(SECURITY) },
  { reason: 'share and streams groups are not there yet', covers: unsupported(OTHER_GROUPS) },
  {
    reason: 'the controller of a single node has no listener of its own',
    covers: ({ args }) => args.includes('--bootstrap-controller'),
  },
]
