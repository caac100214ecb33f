// Changes: rename, delete, create; each of them safe against others and against lost answers.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { makeRelay } = require('./faults.cjs');
const { address, call, enter, make, makeProject, summaries, tab, until } = require('./world.cjs');

const own = makeProject('Changes');
const one = (id) => `${summaries(own.project)}${id}/`;
const read = async (id) => (await call('GET', one(id), { with: own.read })).value;
const found = async (words) => (await call('GET', `${summaries(own.project)}?search=${encodeURIComponent(words)}`, { with: own.read })).value;

const open = async (t, title, at = address) => {
	// Large enough to be compressed on its way, which weakens its tag.
	const summary = await make({ title, session_ids: ['s-1'], summary: { patterns: [], note: 'x'.repeat(2000) } }, { project: own.project, with: own.write });
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries/${summary.id}`, { with: own.write, at });
	await page.getByRole('heading', { level: 1, name: title }).waitFor();
	return { page, summary };
};

test('another title', async (t) => {
	const { page, summary } = await open(t, 'First title');
	await page.getByRole('button', { name: 'Rename' }).click();
	const field = page.getByRole('dialog').getByLabel('Title');
	assert.equal(await field.inputValue(), 'First title');
	await field.fill('   ');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByText('A title needs a letter at least.').waitFor();
	await field.fill('Second <b>title</b> & "more"');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('heading', { level: 1, name: 'Second <b>title</b> & "more"' }).waitFor();
	await page.getByText('The title was saved.').waitFor();
	assert.equal((await read(summary.id)).title, 'Second <b>title</b> & "more"');
	assert.deepEqual((await read(summary.id)).session_ids, ['s-1']);
	assert.deepEqual(page.complaints, []);
});

test('a title that somebody else changed first is not overwritten, and what they did is shown', async (t) => {
	const { page, summary } = await open(t, 'Read by two');
	await page.getByRole('button', { name: 'Rename' }).click();
	await page.getByRole('dialog').getByLabel('Title').fill('Mine');
	await call('PATCH', one(summary.id), { with: own.write, body: { title: 'Theirs' } });
	await page.getByRole('button', { name: 'Save' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByText('Somebody else was first').waitFor();
	await dialog.locator('ins', { hasText: 'Theirs' }).waitFor();
	assert.equal((await read(summary.id)).title, 'Theirs');
	await dialog.getByRole('button', { name: 'Look at it as it is now' }).click();
	await page.getByRole('heading', { level: 1, name: 'Theirs' }).waitFor();
	await page.getByRole('button', { name: 'Rename' }).click();
	await page.getByRole('dialog').getByLabel('Title').fill('Mine after all');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('heading', { level: 1, name: 'Mine after all' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('deleting names what it deletes, and asks', async (t) => {
	const { page, summary } = await open(t, 'To be deleted');
	await page.getByRole('button', { name: 'Delete' }).click();
	await page.getByRole('dialog').getByText('“To be deleted” will be deleted for everybody.').waitFor();
	await page.getByRole('button', { name: 'Cancel' }).click();
	assert.equal((await read(summary.id)).title, 'To be deleted');
	await page.getByRole('button', { name: 'Delete' }).click();
	await page.getByRole('button', { name: 'Delete it' }).click();
	await page.getByText('The summary was deleted.').waitFor();
	await page.getByRole('heading', { level: 1, name: 'Summaries' }).waitFor();
	assert.equal((await call('GET', one(summary.id), { with: own.read })).status, 404);
	assert.equal(await page.getByRole('link', { name: 'To be deleted' }).count(), 0);
	assert.deepEqual(page.complaints, []);
});

test('what was changed or deleted meanwhile is not deleted', async (t) => {
	const { page, summary } = await open(t, 'Changed meanwhile');
	await page.getByRole('button', { name: 'Delete' }).click();
	await call('PATCH', one(summary.id), { with: own.write, body: { title: 'Has become important' } });
	await page.getByRole('button', { name: 'Delete it' }).click();
	await page.getByRole('dialog').locator('ins', { hasText: 'Has become important' }).waitFor();
	assert.equal((await read(summary.id)).title, 'Has become important');
	await page.getByRole('button', { name: 'Look at it as it is now' }).click();
	await page.getByRole('heading', { level: 1, name: 'Has become important' }).waitFor();
	await page.getByRole('button', { name: 'Rename' }).click();
	await call('DELETE', one(summary.id), { with: own.write });
	await page.getByRole('dialog').getByLabel('Title').fill('Too late');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('dialog').getByText('It was deleted in the meantime.').waitFor();
	assert.deepEqual(page.complaints, []);
});

test('a new one from pasted JSON: a whole summary, or only a document', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/new`, { with: own.write });
	const create = page.getByRole('button', { name: 'Create' });
	assert.ok(await create.isDisabled());
	await page.getByLabel('JSON').fill('{"title": ');
	await page.getByText('This is no JSON yet').waitFor();
	await page.getByLabel('JSON').fill('[1]');
	await page.getByText('This is JSON, but no object.').waitFor();
	await page.getByLabel('JSON').fill(JSON.stringify({ title: 'Whole', session_ids: ['a', 'b'], run_metadata: { n: 1 }, summary: { patterns: [{ pattern_name: 'P', severity: 'high' }] } }));
	await page.getByRole('img', { name: '1 high' }).waitFor();
	await create.click();
	await page.getByRole('heading', { level: 1, name: 'Whole' }).waitFor();
	const whole = await read(/summaries\/([0-9a-f-]+)/.exec(page.url())[1]);
	assert.deepEqual([whole.session_ids, whole.run_metadata, whole.summary.patterns.length], [['a', 'b'], { n: 1 }, 1]);

	await page.goto(`${address}#/projects/${own.project}/new`);
	const document = { patterns: [{ pattern_name: 'Only', severity: 'low', events: [{ target_event: { session_id: 'z', description: 'd' } }] }] };
	await page.getByLabel('JSON').fill(JSON.stringify(document));
	await page.getByLabel('Title').fill('Only a document');
	await create.click();
	await page.getByRole('heading', { level: 1, name: 'Only a document' }).waitFor();
	const only = await read(/summaries\/([0-9a-f-]+)/.exec(page.url())[1]);
	assert.deepEqual([only.session_ids, only.summary], [['z'], document]);
	assert.deepEqual(page.complaints, []);
});

test('a new one from a file, chosen or dropped', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/new`, { with: own.write });
	await page.locator('input[type=file]').setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('{"title": "From a file", "summary": null}') });
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name: 'From a file' }).waitFor();

	await page.goto(`${address}#/projects/${own.project}/new`);
	await page.locator('.source').waitFor();
	const data = await page.evaluateHandle(() => {
		const transfer = new window.DataTransfer();
		transfer.items.add(new window.File(['{"title": "Dropped", "summary": null}'], 'b.json', { type: 'application/json' }));
		return transfer;
	});
	await page.locator('.source').dispatchEvent('drop', { dataTransfer: data });
	await until('its text', async () => (await page.getByLabel('JSON').inputValue()).includes('Dropped'));
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name: 'Dropped' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('what the server does not accept is said, and stays to be mended', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/new`, { with: own.write });
	await page.getByLabel('JSON').fill('{"title": "Wrong", "session_ids": [1, "a"]}');
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('alert').getByText('Not a valid string.').waitFor();
	await page.getByLabel('JSON').fill('{"title": "Mended", "session_ids": ["a"]}');
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name: 'Mended' }).waitFor();
	assert.equal((await found('Wrong')).count, 0);
	assert.deepEqual(page.complaints, []);
});

test('an answer that is lost: created once, however often it is sent', async (t) => {
	const relay = await makeRelay(address);
	t.after(() => relay.close());
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/new`, { with: own.write, at: relay.address });
	await page.getByLabel('JSON').fill('{"title": "Only once"}');
	relay.lose();
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('alert').getByText('No answer came, so it may or may not have been saved.').waitFor();
	await until('it was made', async () => (await found('Only once')).count === 1);
	relay.pass();
	await page.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('heading', { level: 1, name: 'Only once' }).waitFor();
	assert.equal((await found('Only once')).count, 1);
	assert.deepEqual(page.complaints, []);
});
