// An agent: supabase's MCP server for PostgREST over stdio, asked by the SDK of the Model Context Protocol.
import assert from 'node:assert/strict'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { key, project_id, readKey, run, url } from './checks.mjs'

async function agent(apiKey) {
  const client = new Client({ name: 'tests', version: '1' })
  const args = ['node_modules/@supabase/mcp-server-postgrest/dist/stdio.js', '--apiUrl', `${url}/rest/v1`, '--apiKey', apiKey, '--schema', 'public']
  await client.connect(new StdioClientTransport({ command: process.execPath, args }))
  const call = async (name, more) => JSON.parse((await client.callTool({ name, arguments: more })).content[0].text)
  const request = async (method, path, body) => (await call('postgrestRequest', { method, path, body })).result
  return { client, call, request }
}

const writer = await agent(key)
const reader = await agent(readKey)

await run({
  async 'the tools'() {
    assert.deepEqual((await writer.client.listTools()).tools.map((tool) => tool.name).sort(), ['postgrestRequest', 'sqlToRest'])
  },
  async 'write and read'() {
    const [made] = await writer.request('POST', '/session_group_summaries', { project_id, title: 'By an agent' })
    assert.equal(made.title, 'By an agent')
    assert.deepEqual(await reader.request('GET', `/session_group_summaries?select=id&project_id=eq.${project_id}`), [{ id: made.id }])
    const [changed] = await writer.request('PATCH', `/session_group_summaries?id=eq.${made.id}`, { title: 'Changed' })
    assert.equal(changed.version, 2)
  },
  async 'SQL becomes a request'() {
    const asked = await reader.call('sqlToRest', { sql: `select title from session_group_summaries where project_id = ${project_id} order by created_at desc limit 5` })
    assert.deepEqual(await reader.request(asked.method, asked.path), [{ title: 'Changed' }])
  },
  async 'no more than it may and says'() {
    assert.equal((await reader.request('POST', '/session_group_summaries', { project_id })).code, '42501')
    assert.equal((await writer.request('DELETE', '/session_group_summaries')).code, '21000')
    assert.equal((await writer.request('DELETE', '/session_group_summaries?title=like.*%00*')).code, '22021')
    assert.equal((await reader.request('GET', '/session_group_summaries')).length, 1)
  },
})
