// The front door of the room: producer ids.
export { ProducerIds } from './producer-ids.ts'
