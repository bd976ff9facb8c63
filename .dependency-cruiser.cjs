// The arrows of docs/architecture.md, checked by `npm run check`. They leave no cycle between rooms; cycles between the
// files of a room are for biome's noImportCycles, which knows that a type import is none.

/** From the top down; a room may import those below it, and the rooms of its own floor only where `sameFloor` says so. */
const floors = [
  ['testing'],
  ['server'],
  ['api'],
  ['group', 'txn', 'telemetry', 'coordinator', 'replica', 'metadata', 'security'],
  ['log'],
  ['wire', 'config', 'io'],
]

/** group and txn are state machines on the coordinator runtime; all know what the cluster is. */
const sameFloor = {
  group: ['coordinator', 'metadata', 'security'],
  txn: ['coordinator', 'metadata', 'security'],
  telemetry: ['coordinator', 'metadata'],
  coordinator: ['metadata'],
  replica: ['metadata', 'security'],
  metadata: ['security'],
  security: [],
  wire: [],
  config: [],
  io: [],
}

/**
 * Front doors; every other file is private to its room. Records and the error vocabulary are doors of their own, so that
 * who needs one does not load every schema; an API file is one door each, for the composition root.
 */
const frontDoor = '^src/([a-z]+/index|wire/records/index|wire/errors|api/[a-z-]+)[.]ts$'

/** What puts the rooms together is no room; the one above it is. */
const composition = '^src/(broker|handlers|version)[.]ts$'

/** A leaf without imports: a refused config is told to clients with a protocol error. */
const errorVocabulary = '^src/wire/errors[.]ts$'

const rooms = floors.flat()

const arrows = floors.flatMap((floor, depth) =>
  floor.map((room) => {
    const allowed = [room, ...(sameFloor[room] ?? []), ...floors.slice(depth + 1).flat()]
    return {
      name: `arrows-of-${room}`,
      comment: `${room} may import ${allowed.slice(1).join(', ') || 'nothing else of ours'}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '[.]test[.]ts$' },
      to: {
        path: '^src/',
        pathNot: [
          `^src/(${allowed.join('|')})/`,
          ...(room === 'config' ? [errorVocabulary] : []),
          ...(room === 'testing' ? [composition] : []),
        ],
      },
    }
  }),
)

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'front-doors',
      comment:
        'a room is entered through its index.ts alone; what helps tests of one room may use what helps those of another',
      severity: 'error',
      from: { path: '^src/([^/]+)', pathNot: '([.]test|/testing)[.]ts$' },
      to: { path: `^src/(${rooms.join('|')})/`, pathNot: ['^src/$1/', frontDoor] },
    },
    {
      name: 'server-knows-handlers',
      comment: 'the server dispatches to handlers it is given; it knows no single API',
      severity: 'error',
      from: { path: '^src/server/', pathNot: '[.]test[.]ts$' },
      to: { path: '^src/api/', pathNot: '^src/api/handler[.]ts$' },
    },
    {
      name: 'the-outside-through-io',
      comment: 'files and sockets are reached through src/io',
      severity: 'error',
      from: { path: `^src/(${rooms.filter((room) => room !== 'io').join('|')})/`, pathNot: '[.]test[.]ts$' },
      to: { path: '^(node:)?(fs|fs/promises|net|tls|http|https|dgram|child_process|worker_threads)$' },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: '[.]test[.]ts$' },
      to: { path: ['[.]test[.]ts$', '^test/', '^bench/'] },
    },
    {
      name: 'conformance-is-a-command',
      comment: 'its checks are tests: nothing but its own command loads them',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/conformance[.]ts$' },
      to: { path: '^conformance/' },
    },
    {
      name: 'conformance-knows-the-wire',
      comment: 'it speaks to any broker, and knows no more of ours than the wire',
      severity: 'error',
      from: { path: '^conformance/' },
      to: { path: '^src/', pathNot: '^src/(wire/index|version)[.]ts$' },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
    {
      name: 'no-development-packages-in-the-product',
      severity: 'error',
      // Vitest is the peer of who imports its entry.
      from: { path: '^src/', pathNot: ['[.]test[.]ts$', '^src/testing/vitest[.]ts$'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The TypeScript compiler has no API for tools any more; swc reads the sources as they are, type imports included.
    parser: 'swc',
    tsPreCompilationDeps: true,
  },
}
