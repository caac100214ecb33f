// PostHog's agent toolkit: the same package, another address.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { key, project_id, readKey, run, url } from './checks.mjs'

const { PostHogAgentToolkit } = createRequire(import.meta.url)('@posthog/agent-toolkit')
const apiOf = (posthogApiToken, base = url) => new PostHogAgentToolkit({ posthogApiToken, posthogApiBaseUrl: base }).getContext().api
const api = apiOf(key)
const list = '/api/projects/{project_id}/session_group_summaries/'
let id

await run({
  async 'who it is'() {
    const me = await api.users().me()
    assert.equal(me.success, true, String(me.error))
    assert.equal(me.data.team.id, project_id)
    const current = await api.apiKeys().current()
    assert.deepEqual(current.data, { scopes: ['session_recording:write'], scoped_teams: [project_id], scoped_organizations: [] })
    assert.deepEqual((await apiOf(readKey).apiKeys().current()).data.scopes, ['session_recording:read'])
    const wrong = await apiOf('phx_unknown').users().me()
    assert.equal(wrong.error.message, 'INVALID_API_KEY')
  },
  async 'where it may go'() {
    const project = await api.projects().get({ projectId: String(project_id) })
    assert.deepEqual([project.success, project.data.id], [true, project_id])
    assert.equal((await api.projects().get({ projectId: '@current' })).data.id, project_id)
    assert.equal((await api.projects().get({ projectId: process.env.FOREIGN_PROJECT_ID })).success, false)
  },
  async 'create'() {
    const made = await api.generated.post(list, { path: { project_id }, body: { title: 'By the toolkit', session_ids: ['s-1'] } })
    assert.equal(made.title, 'By the toolkit')
    id = made.id
  },
  async 'list'() {
    const page = await api.generated.get(list, { path: { project_id }, query: { limit: 10, search: 'toolkit' } })
    assert.deepEqual([page.count, page.results[0].id], [1, id])
    assert.equal((await api.generated.get(list, { path: { project_id: '@current' } })).count, 1)
  },
  async 'read, change and delete'() {
    const path = { project_id, id }
    assert.equal((await api.generated.get(`${list}{id}/`, { path })).team, project_id)
    assert.equal((await api.generated.patch(`${list}{id}/`, { path, body: { title: 'Changed' } })).title, 'Changed')
    assert.deepEqual((await api.generated.put(`${list}{id}/`, { path, body: { title: 'Anew' } })).session_ids, [])
    await api.generated.delete(`${list}{id}/`, { path })
    await assert.rejects(api.generated.get(`${list}{id}/`, { path }), /404/)
  },
})
