// Clients that know nothing of ETags, conditions and idempotency keys: supabase's
// @supabase/postgrest-js at the native door, fetch at the compatible one. Prints a line for each
// check that holds; the first that does not ends the run.
'use strict'

const assert = require('node:assert/strict')
const { PostgrestClient } = require('@supabase/postgrest-js')

const { URL_OF_API, PROJECT_ID, KEY } = process.env
const Authorization = `Bearer ${KEY}`
const projectId = Number(PROJECT_ID)
const list = `${URL_OF_API}/api/projects/${PROJECT_ID}/session_group_summaries/`

// Every header of every answer that the native door gives.
const seen = new Set()
const native = (headers = {}) =>
  new PostgrestClient(`${URL_OF_API}/rest/v1`, {
    headers: { Authorization, ...headers },
    fetch: async (...request) => {
      const answer = await fetch(...request)
      for (const name of answer.headers.keys()) seen.add(name)
      return answer
    },
  })
const summaries = (headers) => native(headers).from('session_group_summaries')

async function api(method, address, body, headers = {}) {
  const answer = await fetch(address, {
    method,
    headers: { Authorization, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text && method !== 'HEAD' ? JSON.parse(text) : null }
}

async function rows() {
  const { count, error } = await summaries().select('id', { count: 'exact', head: true }).eq('project_id', projectId)
  assert.equal(error, null)
  return count
}

const checks = {
  async 'the native door: each insert makes a row'() {
    const before = await rows()
    for (const headers of [{}, {}, { 'Idempotency-Key': 'once' }, { 'Idempotency-Key': 'once' }]) {
      const made = await summaries(headers).insert({ project_id: projectId, title: 'Plain' }).select('id,version').single()
      assert.equal(made.status, 201)
      checks.id = made.data.id
    }
    assert.equal(await rows(), before + 4)
  },

  async 'the native door: updates go by filters, not by headers'() {
    for (const headers of [{}, { 'If-Match': '"x"' }, { 'If-None-Match': '*' }, { 'If-Match': 'x' }]) {
      const changed = await summaries(headers).update({ title: 'Changed' }).eq('project_id', projectId).eq('id', checks.id).select('id')
      assert.deepEqual([changed.status, changed.data], [200, [{ id: checks.id }]])
      const read = await summaries(headers).select('title').eq('project_id', projectId).eq('id', checks.id).single()
      assert.deepEqual([read.status, read.data], [200, { title: 'Changed' }])
    }
    const stale = await summaries().update({ title: 'Lost' }).eq('project_id', projectId).eq('id', checks.id).eq('version', 1).select()
    assert.deepEqual([stale.status, stale.data], [200, []])
    assert.equal((await summaries().delete().eq('project_id', projectId).eq('id', checks.id)).status, 204)
  },

  async 'the native door: no new headers'() {
    for (const name of ['etag', 'idempotency-replayed']) assert.ok(!seen.has(name), name)
  },

  async 'the compatible door: each POST makes a row'() {
    const before = await rows()
    const made = [await api('POST', list, { title: 'Plain' }), await api('POST', list, { title: 'Plain' })]
    assert.deepEqual(made.map((answer) => answer.status), [201, 201])
    assert.notEqual(made[0].body.id, made[1].body.id)
    assert.equal(await rows(), before + 2)
    checks.address = `${list}${made[0].body.id}/`
  },

  async 'the compatible door: the last writer wins'() {
    for (const title of ['First', 'Second']) {
      const changed = await api('PATCH', checks.address, { title })
      assert.deepEqual([changed.status, changed.body.title], [200, title])
    }
    const replaced = await api('PUT', checks.address, { title: 'Third' })
    assert.deepEqual([replaced.status, replaced.body.title], [200, 'Third'])
  },

  async 'the compatible door: reads are whole'() {
    for (const headers of [{}, { 'Cache-Control': 'no-cache' }, { 'If-Modified-Since': new Date().toUTCString() }, { 'If-Range': '"x"', Range: 'bytes=0-9' }]) {
      const read = await api('GET', checks.address, undefined, headers)
      assert.deepEqual([read.status, read.body.title], [200, 'Third'])
      const head = await api('HEAD', checks.address, undefined, headers)
      assert.equal(head.status, 200)
    }
    assert.equal((await api('DELETE', checks.address)).status, 204)
    assert.equal((await api('DELETE', checks.address)).status, 404)
  },
}

async function main() {
  for (const [name, check] of Object.entries(checks)) {
    if (typeof check !== 'function') continue
    await check()
    console.log(name)
  }
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
