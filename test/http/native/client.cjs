// supabase's @supabase/postgrest-js against the native door. Prints a line for each check that
// holds; the first that does not ends the run. What to connect to is in the environment.
'use strict'

const assert = require('node:assert/strict')
const { PostgrestClient } = require('@supabase/postgrest-js')

const env = (name) => {
  assert.ok(process.env[name], `${name} is not set`)
  return process.env[name]
}

const projectId = Number(env('PROJECT_ID'))
const foreignProjectId = Number(env('FOREIGN_PROJECT_ID'))
const foreignId = env('FOREIGN_ID')
const creator = { email: env('CREATOR_EMAIL'), uuid: env('CREATOR_UUID') }

const clientOf = (token) =>
  new PostgrestClient(env('REST_URL'), { headers: { Authorization: `Bearer ${token}` } })
const summaries = (client) => client.from('session_group_summaries')

const client = clientOf(env('TOKEN'))
const reader = clientOf(env('READ_TOKEN'))

// The data of an answer that must be a good one.
async function data(query) {
  const { data, error } = await query
  assert.equal(error, null, JSON.stringify(error))
  return data
}

async function refused(query) {
  const { data, error, status } = await query
  assert.ok(error, `accepted: ${JSON.stringify(data)}`)
  assert.ok(status >= 400 && status < 500, `status ${status}`)
  return error
}

const checks = {
  async insert() {
    const row = await data(
      summaries(client)
        .insert({
          project_id: projectId,
          title: 'Made by supabase-js ✓ 😀',
          session_ids: ['a', 'b'],
          summary: { patterns: [{ pattern_id: 1, nested: { deep: [null, true, 1.5] } }] },
        })
        .select()
        .single()
    )
    assert.equal(row.title, 'Made by supabase-js ✓ 😀')
    assert.equal(row.session_count, 2)
    assert.equal(row.version, 1)
    assert.deepEqual(row.summary.patterns[0].nested, { deep: [null, true, 1.5] })
    checks.id = row.id
  },

  async 'insert with defaults'() {
    const row = await data(summaries(client).insert({ project_id: projectId }).select().single())
    assert.equal(row.title, 'Group summary')
    assert.deepEqual(row.session_ids, [])
    assert.equal(row.summary, null)
  },

  async 'insert many'() {
    const rows = await data(
      summaries(client)
        .insert(['x', 'y', 'z'].map((title) => ({ project_id: projectId, title })))
        .select('title')
    )
    assert.deepEqual(rows.map((row) => row.title), ['x', 'y', 'z'])
  },

  async read() {
    const rows = await data(summaries(reader).select().eq('project_id', projectId))
    assert.ok(rows.length >= 5)
    const row = await data(summaries(reader).select().eq('id', checks.id).single())
    assert.equal(row.id, checks.id)
  },

  async filter() {
    const titles = async (query) => (await data(query)).map((row) => row.title)
    const own = () => summaries(reader).select('title').eq('project_id', projectId)
    assert.deepEqual(await titles(own().ilike('title', '%SUPABASE%')), ['Made by supabase-js ✓ 😀'])
    assert.deepEqual(await titles(own().in('title', ['x', 'z']).order('title')), ['x', 'z'])
    assert.deepEqual(await titles(own().contains('session_ids', ['a'])), ['Made by supabase-js ✓ 😀'])
    assert.deepEqual(await titles(own().gt('session_count', 1)), ['Made by supabase-js ✓ 😀'])
    assert.deepEqual(await titles(own().eq('title', 'nothing')), [])
    assert.deepEqual(await titles(own().order('title', { ascending: false }).limit(2)), ['z', 'y'])
    assert.deepEqual(await titles(own().in('title', ['x', 'y', 'z']).order('title').range(1, 2)), ['y', 'z'])
    assert.deepEqual(await titles(own().lt('created_at', '2020-01-01T00:00:00Z')), [])
  },

  async 'exact count'() {
    const query = summaries(reader).select('*', { count: 'exact', head: true })
    const { count, error } = await query.eq('project_id', projectId).in('title', ['x', 'y', 'z'])
    assert.equal(error, null)
    assert.equal(count, 3)
  },

  async 'embedded creator'() {
    const row = await data(
      summaries(reader).select('*,created_by:project_users(email,uuid)').eq('id', checks.id).single()
    )
    assert.deepEqual(row.created_by, creator)
  },

  async update() {
    const row = await data(
      summaries(client).update({ title: 'Changed', summary: null }).eq('id', checks.id).select().single()
    )
    assert.equal(row.title, 'Changed')
    assert.equal(row.summary, null)
    assert.equal(row.version, 2)
    assert.deepEqual(row.session_ids, ['a', 'b'])
  },

  async 'bad values are refused'() {
    const insert = (values) => summaries(client).insert({ project_id: projectId, ...values })
    await refused(insert({ title: ' ' }))
    await refused(insert({ title: 'x'.repeat(2049) }))
    await refused(insert({ session_ids: [''] }))
    await refused(insert({ run_metadata: [] }))
    await refused(insert({ version: 7 }))
    const error = await refused(summaries(client).update({ title: null }).eq('id', checks.id))
    assert.ok(error.code && error.message)
  },

  async 'read-only columns are refused'() {
    await refused(summaries(client).update({ created_at: '2020-01-01T00:00:00Z' }).eq('id', checks.id))
    await refused(summaries(client).update({ project_id: foreignProjectId }).eq('id', checks.id))
  },

  async 'a reader cannot write'() {
    await refused(summaries(reader).insert({ project_id: projectId }))
    const { data: changed } = await summaries(reader).update({ title: 'A' }).eq('id', checks.id).select()
    assert.ok(changed === null || changed.length === 0)
  },

  async 'a foreign project is not there'() {
    assert.deepEqual(await data(summaries(client).select().eq('project_id', foreignProjectId)), [])
    assert.deepEqual(await data(summaries(client).select().eq('id', foreignId)), [])
    assert.deepEqual(await data(summaries(client).update({ title: 'A' }).eq('id', foreignId).select()), [])
    assert.deepEqual(await data(summaries(client).delete().eq('id', foreignId).select()), [])
    await refused(summaries(client).insert({ project_id: foreignProjectId }))
  },

  async delete() {
    const gone = await data(summaries(client).delete().eq('id', checks.id).select('id'))
    assert.deepEqual(gone, [{ id: checks.id }])
    const row = await data(summaries(client).select().eq('id', checks.id).maybeSingle())
    assert.equal(row, null)
  },

  async 'a bad token is refused'() {
    await refused(summaries(clientOf(env('BAD_TOKEN'))).select())
  },
}

async function main() {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check()
    } catch (error) {
      console.error(`${name}: ${error.stack}`)
      process.exit(1)
    }
    console.log(name)
  }
}

main()
