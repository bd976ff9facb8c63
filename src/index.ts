// The public API: what `import … from 'odradek'` gives.

export { version } from './version.ts'
export { ErrorCode, KafkaError } from './wire/index.ts'
