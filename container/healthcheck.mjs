// The container's healthcheck: the broker is ready, says its control server.
const url = `http://127.0.0.1:${process.env.ODRADEK_CONTROL_PORT ?? 8080}/readyz`
const answer = await fetch(url).catch((error) => ({ ok: false, status: error.message }))
if (!answer.ok) {
  console.error(`${url}: ${answer.status}`)
  process.exitCode = 1
}
