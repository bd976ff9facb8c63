// What the control server tells beside the broker's own errors.

/** What is asked for by its name or id is not there. */
export class NotFoundError extends Error {}

/** The broker is not there: it restarts, or is closed. */
export class NotRunningError extends Error {}
