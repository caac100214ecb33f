// The key: where it is and is not, what it may do, and what happens when it ends.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { address, call, enter, env, key, make, makeKey, makeProject, openTab, RUN, sql, summaries, tab, until } = require('./world.cjs');

const own = makeProject('Keys');

/** Everywhere that a page can leave something. */
const traces = (page) => page.evaluate(async () => ({
	address: location.href, cookies: document.cookie, local: JSON.stringify({ ...window.localStorage }),
	history: JSON.stringify(history.state), databases: JSON.stringify(await window.indexedDB.databases()), caches: JSON.stringify(await window.caches.keys()),
}));

test('it is in the tab only: no address, cookie, storage or log has it', async (t) => {
	const page = await tab(t);
	const seen = [];
	page.on('request', (request) => seen.push(request.url()));
	await enter(page, `#/projects/${own.project}`, { with: own.write });
	await page.getByRole('heading', { level: 1, name: 'What hurts most' }).waitFor();
	for (const [where, trace] of Object.entries(await traces(page))) assert.ok(!trace.includes(own.write), where);
	assert.deepEqual(await page.context().cookies(), []);
	assert.ok(seen.length > 10 && seen.every((url) => !url.includes(own.write)));
	const logs = path.join(RUN, 'servers', 'logs');
	for (const name of fs.readdirSync(logs)) assert.ok(!fs.readFileSync(path.join(logs, name), 'utf8').includes(own.write), name);
});

test('it survives a reload, is unknown to another tab, and is forgotten when told so', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries`, { with: own.write });
	await page.reload();
	await page.getByRole('heading', { level: 1, name: 'Summaries' }).waitFor();

	const other = await openTab({ context: page.context() });
	await other.goto(page.url());
	await other.getByLabel('API key').waitFor();

	await page.getByRole('button', { name: 'Forget key' }).click();
	await page.getByLabel('API key').waitFor();
	await page.reload();
	await page.getByLabel('API key').waitFor();
	assert.equal(await page.evaluate(() => sessionStorage.length), 0);
	await page.goBack();
	await page.getByLabel('API key').waitFor();
});

test('what is no key is said at once, and an unknown one when it was tried', async (t) => {
	const page = await tab(t);
	await page.goto(address);
	await page.getByRole('button', { name: 'Open' }).click();
	await page.getByText('Enter a key first.').waitFor();
	await page.getByLabel('API key').fill('two words');
	await page.keyboard.press('Enter');
	await page.getByText('A key has no spaces').waitFor();
	await page.getByLabel('API key').fill('phx_nobody');
	await page.keyboard.press('Enter');
	await page.getByText('The server does not know this key.').waitFor();
	await page.getByLabel('API key').fill(` ${key} `);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('a link to a summary asks for the key and leads there', async (t) => {
	const summary = await make({ title: 'Linked from a chat', summary: { patterns: [] } }, { project: own.project, with: own.write });
	const page = await tab(t);
	await page.goto(`${address}#/projects/${own.project}/summaries/${summary.id}`);
	await page.getByText(`a summary in project ${own.project}`).waitFor();
	await page.getByLabel('API key').fill(own.read);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { level: 1, name: 'Linked from a chat' }).waitFor();
});

test('a key of one project opens it; one of several lists them, by GET /api/projects/', async (t) => {
	const page = await tab(t);
	await enter(page, '', { with: own.read });
	await page.getByRole('heading', { level: 1, name: 'What hurts most' }).waitFor();
	assert.match(page.url(), new RegExp(`#/projects/${own.project}$`));

	const all = (await call('GET', '/api/projects/')).value.results;
	const other = await tab(t);
	await enter(other);
	await other.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
	const names = await other.locator('main li bdi').allTextContents();
	assert.deepEqual(names.sort(), all.map((one) => one.name).sort());
});

test('a key that only reads is offered nothing else', async (t) => {
	const summary = await make({ title: 'Read only' }, { project: own.project, with: own.write });
	for (const [used, offered] of [[own.read, 0], [own.write, 1]]) {
		const page = await tab(t);
		await enter(page, `#/projects/${own.project}/summaries`, { with: used });
		await page.getByRole('link', { name: 'Read only' }).waitFor();
		assert.equal(await page.getByRole('link', { name: 'New summary' }).count(), offered);
		await page.goto(`${address}#/projects/${own.project}/summaries/${summary.id}`);
		await page.getByRole('heading', { level: 1, name: 'Read only' }).waitFor();
		assert.equal(await page.getByRole('button', { name: 'Rename' }).count(), offered);
		assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), offered);
		await page.goto(`${address}#/projects/${own.project}/new`);
		await page.getByRole('heading', { level: 1, name: 'New summary' }).waitFor();
		assert.equal(await page.getByLabel('JSON').count(), offered);
	}
});

test('another project is told from one that is not there by what the server says', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${env.SESSION_GROUP_PROJECT_ID}/summaries`, { with: own.read });
	await page.getByRole('alert').getByText('Not with this key').waitFor();
	await page.goto(`${address}#/projects/999999/summaries`);
	await page.getByRole('alert').getByText('Nothing here').waitFor();
	await page.goto(`${address}#/nowhere`);
	await page.getByRole('heading', { level: 1, name: 'No such page' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('a key that expires in the middle is asked for again, and what was written stays', async (t) => {
	const used = makeKey(own.user, 'session_recording:write');
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/new`, { with: used });
	await page.getByLabel('JSON').fill('{"title": "Written before the key ended", "summary": {"patterns": []}}');
	const id = sql(`SELECT id FROM session_group.list_api_keys() WHERE mask LIKE '%${used.slice(-4)}' AND user_id = ${own.user} AND revoked_at IS NULL`);
	sql(`SELECT session_group.revoke_api_key('${id}')`);
	await page.getByRole('button', { name: 'Create' }).click();
	const dialog = page.getByRole('dialog', { name: 'Enter a key again' });
	await dialog.waitFor();
	// It does not go away by itself, nor by Escape.
	await page.keyboard.press('Escape');
	await page.keyboard.press('Escape');
	await dialog.getByLabel('API key').fill(makeKey(own.user, 'session_recording:write'));
	await page.keyboard.press('Enter');
	await dialog.waitFor({ state: 'detached' });
	assert.match(await page.getByLabel('JSON').inputValue(), /Written before the key ended/);
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name: 'Written before the key ended' }).waitFor();
	const found = await until('the summary', async () => (await call('GET', `${summaries(own.project)}?search=Written`, { with: own.read })).value);
	assert.equal(found.count, 1);
});

test('a key that loses its project in the middle shows nothing of it any more', async (t) => {
	const lost = makeProject('Lost');
	await make({ title: 'Seen before' }, { project: lost.project, with: lost.write });
	const page = await tab(t);
	await enter(page, `#/projects/${lost.project}/summaries`, { with: lost.write });
	await page.getByRole('link', { name: 'Seen before' }).waitFor();
	sql(`SELECT session_group.remove_member(${lost.project}, ${lost.user})`);
	await page.getByLabel('Order').selectOption('title');
	await page.getByRole('alert').getByText('Not with this key').waitFor();
	assert.equal(await page.getByText('Seen before').count(), 0);
});
