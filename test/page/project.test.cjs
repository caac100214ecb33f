// A project: what hurts most, and the list of its summaries. All that is chosen stands in the address.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { address, call, enter, env, make, makeProject, sql, summaries, tab, until } = require('./world.cjs');

const own = makeProject('Lists');
const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** A pattern as it stands in a document. */
const pattern = (name, severity, affected, ratio) => ({
	pattern_name: name, pattern_description: `${name}, told.`, severity, indicators: [`sign of ${name}`], events: [],
	stats: { occurences: affected, sessions_affected: affected, sessions_affected_ratio: ratio, segments_success_ratio: .5 },
});

before(async () => {
	const made = (title, days, patterns, sessions) => make({
		title, session_ids: sessions, summary: { patterns }, run_metadata: { days },
	}, { project: own.project, with: own.write });
	await made('Old basket', 50, [pattern('Basket lost', 'high', 10, .5)], ['s-old']);
	await made('Basket of spring', 8, [pattern('Basket lost', 'critical', 4, .4), pattern('Slow search', 'low', 9, .9)], ['s-1', 's-2']);
	await made('Search', 3, [pattern(' basket  LOST ', 'medium', 2, .1), pattern('Slow search', 'low', 30, .6)], ['s-2', 's-3', 's-4']);
	for (let n = 0; n < 60; n++) await made(`Filler ${String(n).padStart(2, '0')}`, 400 + n, [], []);
	sql(`UPDATE session_group.summaries SET created_at = now() - (run_metadata->>'days')::integer * interval '1 day' WHERE project_id = ${own.project}`);
});

const rows = (page) => page.locator('table.list tbody tr[role=row]:not(.opened)');
const names = async (page) => (await rows(page).locator('th').allTextContents()).map((text) => text.trim());

test('patterns of the same name are one, worst first, with their numbers', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}`, { with: own.read });
	await page.getByRole('heading', { level: 2, name: 'basket LOST' }).waitFor();
	assert.deepEqual(await names(page), ['basket LOST', 'Slow search']);
	const first = (await rows(page).first().locator('td').allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim());
	// 4 and 2 sessions, of 10 and 20 that were looked at, in two summaries.
	assert.deepEqual(first.slice(0, 4), ['Critical', '6', '20 %', '2']);

	await page.getByLabel('Period').selectOption('90d');
	await until('the older one', async () => (await rows(page).first().textContent()).includes('16'));
	assert.match(page.url(), /since=90d/);
	await page.getByLabel('Order').selectOption('sessions');
	await until('the other order', async () => (await names(page))[0] === 'Slow search');
	await page.reload();
	await until('the same after a reload', async () => (await names(page))[0] === 'Slow search');
	await page.goBack();
	await until('the order of before', async () => (await names(page))[0] !== 'Slow search');
	await page.goBack();
	await until('the period of before', async () => (await page.getByLabel('Period').inputValue()) === '30d');
	assert.deepEqual(page.complaints, []);
});

test('a row opens in place and leads to its summaries; words and severities narrow', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}?since=all`, { with: own.read });
	await page.getByLabel('Find a pattern').fill('sign of slow');
	await until('one row', async () => (await names(page)).join() === 'Slow search');
	await page.getByLabel('Find a pattern').fill('');
	await page.getByLabel('Severity', { exact: true }).selectOption('low');
	await until('one row again', async () => (await names(page)).join() === 'Slow search');
	await page.getByRole('button', { name: 'Slow search' }).click();
	await page.getByText('Slow search, told.').last().waitFor();
	await page.getByRole('link', { name: 'Basket of spring' }).click();
	await page.getByRole('heading', { level: 1, name: 'Basket of spring' }).waitFor();
	await page.locator('.pattern.linked', { hasText: 'Slow search' }).waitFor();
	await page.getByLabel('Find a pattern').waitFor({ state: 'detached' });
	assert.deepEqual(page.complaints, []);
});

test('the sample: the same as GET …/patterns/ says', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${env.SESSION_GROUP_PROJECT_ID}?since=90d`);
	await rows(page).first().waitFor();
	const { results } = (await call('GET', `${summaries()}patterns/?since=-90d&limit=1000`)).value;
	const sums = new Map();
	for (const one of results) {
		const known = sums.get(one.name) ?? { rank: 9, sessions: 0 };
		sums.set(one.name, { rank: Math.min(known.rank, SEVERITIES.indexOf(one.severity)), sessions: known.sessions + one.sessions_affected });
	}
	const expected = [...sums].sort((a, b) => a[1].rank - b[1].rank || b[1].sessions - a[1].sessions);
	assert.deepEqual(await names(page), expected.map(([name]) => name));
	const sessions = await rows(page).locator('.number').allTextContents();
	assert.deepEqual(sessions.map(Number), expected.map(([, sum]) => sum.sessions));
});

test('nothing in a time says so, and offers all time', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}?since=7d&severity=critical`, { with: own.read });
	await page.getByRole('heading', { name: 'Nothing was found in this time' }).waitFor();
	await page.getByRole('link', { name: 'Look at all time' }).click();
	await until('all time', async () => (await names(page)).length === 1);
});

test('search as one types, in titles and in patterns', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries`, { with: own.read });
	await rows(page).first().waitFor();
	await page.getByLabel('Search', { exact: true }).pressSequentially('bask');
	await until('titles', async () => (await names(page)).join() === 'Basket of spring,Old basket');
	assert.match(page.url(), /search=bask/);
	await page.getByLabel('Search in').selectOption('q');
	await page.getByLabel('Search', { exact: true }).fill('slow searches');
	await until('words of patterns', async () => (await names(page)).sort().join() === 'Basket of spring,Search');
	assert.match(page.url(), /q=slow\+searches/);
	await page.reload();
	await until('the same after a reload', async () => (await names(page)).sort().join() === 'Basket of spring,Search');
	await page.getByLabel('Search', { exact: true }).fill('nothing like that');
	await page.getByRole('heading', { name: 'No summary matches' }).waitFor();
	await page.getByRole('button', { name: 'Clear filters' }).click();
	await until('all of them', async () => (await names(page)).length === 50);
	assert.deepEqual(page.complaints, []);
});

test('severity, person, dates and a session narrow the list', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries`, { with: own.read });
	await page.getByLabel('Severity').selectOption('critical');
	await until('critical ones', async () => (await names(page)).join() === 'Basket of spring');
	await page.getByLabel('Severity').selectOption('');
	await page.getByText('More filters').click();
	await page.getByLabel('Contains session').fill('s-2');
	await until('those with the session', async () => (await names(page)).join() === 'Search,Basket of spring');
	await page.getByLabel('Contains session').fill('');
	const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
	await page.getByLabel('From').fill(day(9));
	await page.getByLabel('To').fill(day(5));
	await until('those of the days', async () => (await names(page)).join() === 'Basket of spring');
	await page.getByLabel('Made by').selectOption({ label: 'Test Person' });
	await until('the person in the address', async () => page.url().includes('created_by='));
	await until('still it', async () => (await names(page)).join() === 'Basket of spring');
	await page.reload();
	await until('the same after a reload', async () => (await names(page)).join() === 'Basket of spring');
	assert.equal(await page.getByLabel('To').inputValue(), day(5));
	assert.deepEqual(page.complaints, []);
});

test('pages by cursor, orders, and the way back', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries`, { with: own.read });
	await until('the first page', async () => (await names(page)).length === 50);
	assert.equal((await names(page))[0], 'Search');
	await page.evaluate(() => window.scrollTo(0, 700));
	await until('the page is down', () => page.evaluate(() => window.scrollY === 700));
	await page.getByRole('link', { name: 'Next page' }).click();
	await until('the second page', async () => (await names(page)).length === 13);
	assert.match(page.url(), /cursor=/);
	assert.equal((await names(page))[12], 'Filler 59');
	await page.goBack();
	await until('the first page again', async () => (await names(page)).length === 50);
	await page.goForward();
	await until('the second page again', async () => (await names(page)).length === 13);
	await page.getByRole('link', { name: 'Back to the first page' }).click();
	await until('the first page once more', async () => (await names(page)).length === 50);
	await page.getByLabel('Order').selectOption('-session_count');
	await until('most sessions first', async () => (await names(page)).slice(0, 2).join() === 'Search,Basket of spring');
	await rows(page).first().getByRole('img', { name: '1 medium, 1 low' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('a link that was changed by hand says what the server says', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries?severity=awful`, { with: own.read });
	await page.getByRole('alert').getByText('Not a valid severity.').waitFor();
	await page.goto(`${address}#/projects/${own.project}/summaries?cursor=of-my-own`);
	await page.getByRole('alert').getByText('The server did not accept that').waitFor();
	assert.deepEqual(page.complaints, []);
});
