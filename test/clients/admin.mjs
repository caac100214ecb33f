// react-admin's data provider for PostgREST.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { key, project_id, run, url } from './checks.mjs'

const require = createRequire(import.meta.url)
const postgrest = require('@raphiniert/ra-data-postgrest')
const reactAdmin = require('ra-core')
const user = { authenticated: true, token: `Bearer ${key}` }
const httpClient = (address, options) => reactAdmin.fetchUtils.fetchJson(address, { ...options, user })
const provider = postgrest.default({ apiUrl: `${url}/rest/v1`, httpClient, defaultListOp: 'eq', primaryKeys: postgrest.defaultPrimaryKeys, schema: postgrest.defaultSchema })
const summaries = 'session_group_summaries'
const page = { pagination: { page: 1, perPage: 2 }, sort: { field: 'title', order: 'ASC' }, filter: { project_id } }
const made = []

await run({
  async create() {
    for (const title of ['Alpha', 'Bravo', 'Charlie']) made.push((await provider.create(summaries, { data: { project_id, title } })).data)
    assert.deepEqual(made.map((row) => row.version), [1, 1, 1])
  },
  async getList() {
    const { data, total } = await provider.getList(summaries, page)
    assert.deepEqual([data.map((row) => row.title), total], [['Alpha', 'Bravo'], 3])
    const found = await provider.getList(summaries, { ...page, filter: { project_id, 'title@ilike': 'char' } })
    assert.deepEqual([found.data[0].title, found.total], ['Charlie', 1])
  },
  async 'getOne, getMany'() {
    assert.equal((await provider.getOne(summaries, { id: made[0].id })).data.title, 'Alpha')
    assert.equal((await provider.getMany(summaries, { ids: made.map((row) => row.id) })).data.length, 3)
  },
  async 'update, updateMany'() {
    assert.equal((await provider.update(summaries, { id: made[0].id, data: { title: 'Changed' }, previousData: made[0] })).data.version, 2)
    await provider.updateMany(summaries, { ids: [made[1].id], data: { title: 'Too' } })
    assert.equal((await provider.getOne(summaries, { id: made[1].id })).data.title, 'Too')
  },
  async 'delete, deleteMany'() {
    await provider.delete(summaries, { id: made[0].id, previousData: made[0] })
    await provider.deleteMany(summaries, { ids: [made[1].id] })
    assert.equal((await provider.getList(summaries, page)).total, 1)
  },
  async 'errors are told'() {
    await assert.rejects(provider.create(summaries, { data: { project_id, title: ' ' } }), (error) => error.status === 400 && /blank/.test(error.message))
  },
})
