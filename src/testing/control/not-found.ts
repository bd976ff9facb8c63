// What is asked for by its name or id, and is not there.

export class NotFoundError extends Error {}
