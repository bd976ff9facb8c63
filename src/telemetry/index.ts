// The front door of client metrics (KIP-714): which client shall push which metrics, and what it pushed.
export { ClientMetrics, type ClientTelemetry, type TelemetryClient, type TelemetryReceiver } from './client-metrics.ts'
