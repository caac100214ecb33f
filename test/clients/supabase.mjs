// supabase-js, as its README calls it.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import { key, project_id, readKey, run, url } from './checks.mjs'

const supabase = createClient(url, key)
const summaries = (client = supabase) => client.from('session_group_summaries')
const good = (answer) => {
  assert.equal(answer.error, null, JSON.stringify(answer))
  return answer
}
let id

await run({
  async 'insert and select'() {
    const { data } = good(await summaries().insert({ project_id, title: 'By supabase-js' }).select().single())
    assert.equal(data.title, 'By supabase-js')
    id = data.id
  },
  async 'select, filter, order, count'() {
    for (const count of ['exact', 'planned', 'estimated']) {
      const answer = good(await summaries().select('id,title', { count }).eq('project_id', project_id).order('id').range(0, 9))
      assert.equal(answer.count, 1)
      assert.deepEqual(answer.data, [{ id, title: 'By supabase-js' }])
      assert.equal(good(await summaries().select('*', { count, head: true }).eq('project_id', project_id)).count, 1)
    }
  },
  async 'many rows with defaults'() {
    const rows = [{ project_id, title: 'One' }, { project_id, session_ids: ['s'] }]
    const { data } = good(await summaries().insert(rows, { defaultToNull: false }).select('title,session_ids'))
    assert.deepEqual(data, [{ title: 'One', session_ids: [] }, { title: 'Group summary', session_ids: ['s'] }])
    const refused = await summaries().insert(rows)
    assert.equal(refused.error.code, '23502')
  },
  async 'csv, single, maybeSingle'() {
    assert.match(good(await summaries().select('title').eq('id', id).csv()).data, /^title\n"?By supabase-js"?$/)
    assert.deepEqual(good(await summaries().select('title').eq('id', id).maybeSingle()).data, { title: 'By supabase-js' })
    assert.equal(good(await summaries().select('title').eq('title', 'none').maybeSingle()).data, null)
  },
  async 'update and delete by filters alone'() {
    assert.equal(good(await summaries().update({ title: 'Changed' }).eq('id', id).select('version').single()).data.version, 2)
    for (const request of [summaries().update({ title: 'All' }), summaries().delete(), summaries().delete().select('id')]) {
      const { error, status } = await request
      assert.deepEqual([status, error.code], [400, '21000'])
      assert.match(error.hint, /project_id/)
    }
    assert.equal(good(await summaries().delete({ count: 'exact' }).eq('id', id)).count, 1)
    assert.equal(good(await summaries().select('*', { count: 'exact', head: true }).eq('project_id', project_id)).count, 2)
  },
  async 'a schema by its name'() {
    for (const schema of ['public', 'session_group_api']) {
      good(await createClient(url, key, { db: { schema } }).from('session_group_summaries').select('id'))
    }
    const { status, error } = await createClient(url, key, { db: { schema: 'session_group' } }).from('summaries').select('id')
    assert.deepEqual([status, error.code], [406, 'PGRST106'])
  },
  async 'who may not'() {
    const reader = createClient(url, readKey)
    assert.equal(good(await summaries(reader).select('id').eq('project_id', project_id)).data.length, 2)
    assert.equal((await summaries(reader).insert({ project_id })).error.code, '42501')
    assert.equal((await summaries(createClient(url, 'phx_unknown')).select('id')).status, 401)
    const view = await supabase.from('project_users').delete().eq('project_id', project_id)
    assert.deepEqual([view.status, view.error.code], [405, '55000'])
  },
})
