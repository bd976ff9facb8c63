// The OpenAPI document of the control server, made of its routes.
import { version } from '../../version.ts'
import { answers, components } from './answers.ts'
import type { Route } from './routes.ts'

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
    components: { schemas: components },
  }
}

function operation({ method, path, summary, query = {}, body, produces }: Route): object {
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '')
  const answer = answers[`${method} ${path}`]
  const content =
    produces === undefined ? { 'application/json': { schema: answer } } : { [produces]: { schema: { type: 'string' } } }
  return {
    summary,
    operationId: `${method.toLowerCase()}${path.replace(/[^\w]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '')}`,
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema })),
    ],
    ...(body !== undefined && { requestBody: { required: false, content: { 'application/json': { schema: body } } } }),
    responses: {
      ...(answer === undefined && produces === undefined
        ? { '204': { description: 'Done, with nothing to tell' } }
        : { '200': { description: 'Done', content } }),
      default: {
        description: 'What went wrong: `error` is a name of Kafka’s, or TIMEOUT, NOT_FOUND, INVALID_REQUEST',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}
