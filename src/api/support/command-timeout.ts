// The timeout that clients send with a command for the controller. Ours answers as soon as the log has it, so what
// is left of Kafka's rule is its beginning: a deadline that has passed when the request arrives is not started.
import { KafkaError } from '../../wire/index.ts'

/** To be called only where there is something for the controller to do: without, Kafka answers at once. */
export function checkTimeout(timeoutMs: number): void {
  if (timeoutMs <= 0) throw new KafkaError('REQUEST_TIMED_OUT')
}
