// The OpenAPI document of the control server, made of its routes.
import { version } from '../../version.ts'
import type { Route } from './routes.ts'
import type { Schema } from './schemas.ts'

const error: Schema = {
  type: 'object',
  properties: { error: { type: 'string' }, message: { type: 'string' } },
  required: ['error', 'message'],
}

export function openApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const operations = paths[route.path] ?? {}
    paths[route.path] = operations
    operations[route.method.toLowerCase()] = operation(route)
  }
  return {
    openapi: '3.1.0',
    info: { title: "Odradek's control server", version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { schemas: { Error: error } },
  }
}

function operation({ method, path, summary, query = {}, body, produces }: Route): object {
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '')
  const ok = produces === undefined ? { 'application/json': {} } : { [produces]: { schema: { type: 'string' } } }
  return {
    summary,
    operationId: `${method.toLowerCase()}${path.replace(/[^\w]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '')}`,
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema })),
    ],
    ...(body !== undefined && { requestBody: { required: false, content: { 'application/json': { schema: body } } } }),
    responses: {
      '200': { description: 'Done', content: ok },
      '204': { description: 'Done, with nothing to tell' },
      default: {
        description: 'What went wrong: `error` is a name of Kafka’s, or TIMEOUT, NOT_FOUND, INVALID_REQUEST',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}
