// A page of one origin, in a real browser, at the doors of another.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { chromium } from 'playwright-core'
import { key, project_id, run, url } from './checks.mjs'

const site = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>A page</title>'))
await new Promise((done) => site.listen(0, '127.0.0.1', done))
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const page = await browser.newPage()
await page.goto(`http://localhost:${site.address().port}/`)

// What the page's own script sees of an answer: status, body, and those headers that it may read.
const ask = (method, path, { body, headers = {}, credential = key } = {}) =>
  page.evaluate(
    async ([address, options]) => {
      const answer = await fetch(address, options)
      const text = await answer.text()
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: text && JSON.parse(text) }
    },
    [url + path, { method, headers: { ...(credential && { Authorization: `Bearer ${credential}` }), ...(body && { 'Content-Type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) }]
  )
const list = `/api/projects/${project_id}/session_group_summaries/`
const rest = '/rest/v1/session_group_summaries'
let one

await run({
  async 'another origin'() {
    assert.notEqual(new URL(page.url()).origin, url)
    await assert.rejects(page.evaluate((address) => fetch(address, { credentials: 'include' }), url + list), /Failed to fetch/)
  },
  async 'who asks'() {
    assert.equal((await ask('GET', '/api/users/@me/')).body.uuid, process.env.USER_UUID)
    assert.equal((await ask('GET', '/api/projects/')).body.results[0].id, project_id)
  },
  async 'create once'() {
    const again = { body: { title: 'By a page' }, headers: { 'Idempotency-Key': 'one', 'X-Request-Id': 'page-1' } }
    const made = await ask('POST', list, again)
    assert.deepEqual([made.status, made.headers['x-request-id']], [201, 'page-1'])
    assert.equal((await ask('POST', list, again)).headers['idempotency-replayed'], 'true')
    one = `${list}${made.body.id}/`
  },
  async 'change what it read'() {
    const read = await ask('GET', one)
    const etag = read.headers.etag
    assert.match(etag, /^(W\/)?"[0-9a-f]{16}"$/)
    assert.equal((await ask('PATCH', one, { body: { title: 'Changed' }, headers: { 'If-Match': etag } })).status, 200)
    assert.equal((await ask('PATCH', one, { body: { title: 'Lost' }, headers: { 'If-Match': etag } })).status, 412)
  },
  async 'a large summary, compressed'() {
    const summary = { patterns: Array.from({ length: 200 }, (_, n) => ({ pattern_id: n, pattern_name: 'The page reloads' })) }
    assert.equal((await ask('PUT', one, { body: { title: 'Large', summary } })).status, 200)
    const read = await ask('GET', one)
    assert.deepEqual(read.body.summary, summary)
    assert.equal((await ask('DELETE', one, { headers: { 'If-Match': read.headers.etag } })).status, 204)
  },
  async 'errors can be read'() {
    assert.equal((await ask('GET', list, { credential: null })).body.code, 'not_authenticated')
    assert.equal((await ask('GET', '/api/nothing/')).body.detail, 'Endpoint not found.')
    assert.match((await ask('DELETE', list)).headers.allow, /POST/)
    assert.equal((await ask('POST', list, { body: { title: 'x'.repeat(21_000_000) } })).status, 413)
  },
  async 'the native door'() {
    const made = await ask('POST', rest, { body: { project_id }, headers: { Prefer: 'return=headers-only' } })
    assert.equal(made.status, 201)
    const address = made.headers.location.replace(url, '')
    const read = await ask('GET', address, { headers: { Prefer: 'count=exact', 'Accept-Profile': 'public' } })
    assert.deepEqual([read.headers['content-range'], read.body.length], ['0-0/1', 1])
    assert.equal((await ask('DELETE', rest)).body.code, '21000')
    assert.equal((await ask('DELETE', address)).status, 204)
    assert.equal((await ask('GET', rest, { credential: 'phx_unknown' })).status, 401)
  },
  async 'the description'() {
    assert.equal((await ask('GET', '/api/schema/', { credential: null })).body.openapi, '3.1.0')
  },
})
