// What AlterConfigs and IncrementalAlterConfigs do alike: resources in, one result for each, in their order.
import { type ApiError, NO_ERROR } from '../../metadata/index.ts'
import { ErrorCode } from '../../wire/index.ts'
import { duplicatesOf } from './duplicates.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface AlterResult extends ApiError, Resource {}

const givenTwice: ApiError = {
  errorCode: ErrorCode.INVALID_REQUEST,
  errorMessage: 'Each resource must appear at most once.',
}

/** Has `alter` decide about the resources that are given once; it answers with an error for each. */
export async function alterEach<R extends Resource>(
  resources: readonly R[],
  alter: (resources: readonly R[]) => Promise<readonly ApiError[]>,
): Promise<AlterResult[]> {
  const duplicates = duplicatesOf(resources.map(keyOf))
  const single = resources.filter((resource) => !duplicates.has(keyOf(resource)))
  const errors = await alter(single)
  const errorOf = new Map(single.map((resource, index) => [keyOf(resource), errors[index] ?? NO_ERROR]))
  return resources.map((resource) => result(resource, errorOf.get(keyOf(resource)) ?? givenTwice))
}

export function alterFailed(
  resources: readonly Resource[],
  errorCode: number,
  errorMessage: string | null,
): AlterResult[] {
  return resources.map((resource) => result(resource, { errorCode, errorMessage }))
}

function result({ resourceType, resourceName }: Resource, error: ApiError): AlterResult {
  return { ...error, resourceType, resourceName }
}

function keyOf({ resourceType, resourceName }: Resource): string {
  return `${resourceType} ${resourceName}`
}
