// A slow server, a dead one, no network; the history; two tabs.
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { makeRelay } = require('./faults.cjs');
const { address, enter, env, make, makeProject, openTab, REPO, RUN, tab, until } = require('./world.cjs');

const own = makeProject('Faults');
const PROJECT = `#/projects/${own.project}`;

const through = async (t) => {
	const relay = await makeRelay(address);
	t.after(() => relay.close());
	return relay;
};

test('a slow server: it says so, and shows what comes', async (t) => {
	await make({ title: 'Slow to come' }, { project: own.project, with: own.write });
	const relay = await through(t);
	const page = await tab(t);
	await enter(page, PROJECT, { with: own.read, at: relay.address });
	await page.getByRole('heading', { level: 1, name: 'What hurts most' }).waitFor();
	await page.waitForLoadState('networkidle');
	relay.hold();
	await page.getByRole('link', { name: 'Summaries', exact: true }).click();
	await page.locator('main .loading').waitFor();
	await page.getByText('The server takes its time.').first().waitFor();
	// One may go elsewhere meanwhile.
	await page.getByRole('link', { name: 'Compare', exact: true }).click();
	await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
	await page.goBack();
	relay.pass();
	await page.getByRole('link', { name: 'Slow to come' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('a dead server: it says so, keeps what is there, and tries again when told', async (t) => {
	const summary = await make({ title: 'Still to be read', summary: { patterns: [{ pattern_name: 'On the screen', severity: 'high' }] } }, { project: own.project, with: own.write });
	const relay = await through(t);
	const page = await tab(t);
	await enter(page, `${PROJECT}/summaries/${summary.id}`, { with: own.write, at: relay.address });
	await page.getByRole('heading', { name: 'On the screen' }).waitFor();
	relay.shut();
	await page.getByText('History', { exact: true }).click();
	await page.getByRole('alert').getByText('The server could not be reached').waitFor();
	assert.ok(await page.getByRole('heading', { name: 'On the screen' }).isVisible());
	await page.getByRole('button', { name: 'Rename' }).click();
	await page.getByRole('dialog').getByLabel('Title').fill('Written into the void');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('dialog').getByText('Trying again is safe.').waitFor();
	relay.open();
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('heading', { level: 1, name: 'Written into the void' }).waitFor();
	await page.getByRole('link', { name: 'What hurts most', exact: true }).click();
	relay.shut();
	await page.getByRole('link', { name: 'Summaries', exact: true }).click();
	await page.getByRole('alert').waitFor();
	relay.open();
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await page.getByRole('link', { name: 'Written into the void' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('no network: it says so, and goes on when there is one', async (t) => {
	const page = await tab(t);
	await enter(page, PROJECT, { with: own.read });
	await page.getByRole('heading', { level: 1, name: 'What hurts most' }).waitFor();
	await page.context().setOffline(true);
	await page.getByText('No network. What is on the page stays').waitFor();
	await page.getByRole('link', { name: 'Compare', exact: true }).click();
	await page.getByRole('alert').getByText('This device has no network').waitFor();
	await page.context().setOffline(false);
	await page.getByText('No network. What is on the page stays').waitFor({ state: 'detached' });
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await page.getByRole('alert').waitFor({ state: 'detached' });
	assert.deepEqual(page.complaints, []);
});

test('PostgREST dies and comes back', async (t) => {
	const page = await tab(t);
	await enter(page, PROJECT, { with: own.read });
	await page.getByRole('heading', { level: 1, name: 'What hurts most' }).waitFor();
	const revive = () => execFileSync(path.join(REPO, 'deploy', 'stack'), ['revive', RUN], { stdio: 'pipe' });
	t.after(revive);
	process.kill(Number(fs.readFileSync(path.join(RUN, 'servers', 'postgrest.pid'), 'utf8')), 'SIGKILL');
	await page.getByRole('link', { name: 'Summaries', exact: true }).click();
	await page.getByRole('alert').getByText('The service does not answer right now').waitFor();
	revive();
	await page.getByRole('button', { name: 'Try again' }).first().click();
	await page.getByRole('link', { name: 'Slow to come' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('back and forward, and a link in the middle of it', async (t) => {
	const page = await tab(t);
	const project = `#/projects/${env.SESSION_GROUP_PROJECT_ID}`;
	await enter(page, `${project}?since=90d`);
	await page.locator('.worst').waitFor();
	await page.getByRole('link', { name: /a session in which/ }).click();
	await page.locator('.example.linked').waitFor();
	const depth = await until('the example is in sight', () => page.evaluate(() => window.scrollY));
	await page.getByRole('link', { name: 'Compare', exact: true }).first().click();
	await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
	assert.equal(await page.evaluate(() => window.scrollY), 0);
	await page.goBack();
	await page.locator('.example.linked').waitFor();
	await until('as far down as before', async () => Math.abs(await page.evaluate(() => window.scrollY) - depth) < 300);
	await page.goBack();
	await page.locator('.worst').waitFor();
	assert.match(page.url(), /since=90d$/);
	await page.goForward();
	await page.goForward();
	await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('two tabs: what one changes, the other does not overwrite', async (t) => {
	const summary = await make({ title: 'In two tabs' }, { project: own.project, with: own.write });
	const one = await tab(t);
	const other = await openTab({ context: one.context() });
	for (const page of [one, other]) {
		await enter(page, `${PROJECT}/summaries/${summary.id}`, { with: own.write });
		await page.getByRole('button', { name: 'Rename' }).click();
	}
	await one.getByRole('dialog').getByLabel('Title').fill('By the first');
	await one.getByRole('button', { name: 'Save' }).click();
	await one.getByRole('heading', { level: 1, name: 'By the first' }).waitFor();
	await other.getByRole('dialog').getByLabel('Title').fill('By the second');
	await other.getByRole('button', { name: 'Save' }).click();
	await other.getByRole('dialog').locator('ins', { hasText: 'By the first' }).waitFor();
	// Forgetting in one tab is that tab's business.
	await one.getByRole('button', { name: 'Forget key' }).click();
	await one.getByLabel('API key').waitFor();
	await other.getByRole('button', { name: 'Look at it as it is now' }).click();
	await other.getByRole('heading', { level: 1, name: 'By the first' }).waitFor();
	assert.deepEqual([...one.complaints, ...other.complaints], []);
});
