// 10,000 summaries and a summary of 4 MB: the page holds no more than it shows. How long it
// was busy at a stretch is told, not asserted: that depends on the machine.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { enter, make, makeProject, sql, tab, until } = require('./world.cjs');

const own = makeProject('Large');
const NODES = 6000;

before(() => {
	sql(`INSERT INTO session_group.summaries (project_id, title, session_ids, summary, created_at, created_by_id, updated_at)
		SELECT ${own.project}, 'Summary ' || n, '{a,b}', jsonb_build_object('patterns', (SELECT jsonb_agg(jsonb_build_object(
			'pattern_name', 'Pattern ' || (n * 7 + p) % 300, 'severity', (ARRAY['critical','high','medium','low'])[1 + (n + p) % 4],
			'pattern_description', repeat('It goes wrong. ', 10),
			'stats', jsonb_build_object('sessions_affected', 1 + n % 9, 'sessions_affected_ratio', 0.5, 'occurences', 3))) FROM generate_series(1, 3) AS p)),
			now() - n * interval '4 minutes', ${own.user}, now()
		FROM generate_series(1, 10000) AS n`);
});

/** Counts the stretches of more than 50 ms in which the page did nothing else. */
async function watch(page) {
	await page.addInitScript(() => {
		window.stretches = [];
		new PerformanceObserver((list) => window.stretches.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: 'longtask', buffered: true });
	});
}
const longest = async (page) => Math.max(0, ...await page.evaluate(() => window.stretches));
const nodes = (page) => page.evaluate(() => document.querySelectorAll('*').length);

test('10,000 summaries', async (t) => {
	const page = await tab(t);
	await watch(page);
	await enter(page, `#/projects/${own.project}`, { with: own.read });
	await page.locator('.worst').waitFor({ timeout: 240_000 });
	await page.getByText('Only the worst 5,000 of 30,000 findings are counted here.').waitFor();
	assert.ok(await nodes(page) < NODES, `${await nodes(page)} elements`);
	await page.getByLabel('Find a pattern').fill('pattern 17');
	await until('fewer', async () => (await page.locator('.groups .row-button').count()) < 20);
	await page.getByRole('link', { name: 'Summaries', exact: true }).click();
	await page.getByText('50 of 10,000 summaries').waitFor();
	await page.getByRole('link', { name: 'Next page' }).click();
	await page.getByRole('link', { name: 'Summary 51', exact: true }).waitFor();
	assert.ok(await nodes(page) < NODES, `${await nodes(page)} elements`);
	console.log(`10,000 summaries: busy for ${await longest(page)} ms at the longest`);
	assert.deepEqual(page.complaints, []);
});

test('a summary of 4 MB', async (t) => {
	const event = (text) => ({ description: text, session_id: 'session-1', milliseconds_since_start: 5000, event: '$autocapture', event_type: 'click', current_url: 'https://shop.example/basket' });
	const patterns = Array.from({ length: 1000 }, (_, p) => ({
		pattern_name: `Pattern ${p}`, severity: ['critical', 'high', 'medium', 'low'][p % 4], pattern_description: 'What it means. '.repeat(8), indicators: ['a sign'],
		stats: { sessions_affected: 1000 - p },
		events: Array.from({ length: 6 }, (__, e) => ({ segment_outcome: 'left', segment_success: false, target_event: event(`thing ${p} ${e}`), previous_events_in_segment: [event('before')], next_events_in_segment: [event('after')] })),
	}));
	const body = { title: 'Four megabytes', summary: { patterns } };
	assert.ok(JSON.stringify(body).length > 4_000_000, String(JSON.stringify(body).length));
	const summary = await make(body, { project: own.project, with: own.write });

	const page = await tab(t);
	await watch(page);
	await enter(page, `#/projects/${own.project}/summaries/${summary.id}`, { with: own.read });
	await page.locator('.pattern').first().waitFor({ timeout: 60_000 });
	assert.equal(await page.locator('.pattern').count(), 20);
	assert.ok(await nodes(page) < NODES, `${await nodes(page)} elements`);
	await page.getByRole('button', { name: 'Show patterns 21 to 40' }).click();
	assert.equal(await page.locator('.pattern').count(), 40);
	await page.getByLabel('Keyword').fill('thing 777 3');
	await page.getByText('1 example in 1 pattern match.').waitFor();
	// A link to the last of them brings it, and not the nine hundred before.
	await page.goto(`${page.url().split('?')[0]}?pattern=1000&example=6`);
	await page.locator('.example.linked .moment-main').getByText('thing 999 5').waitFor();
	assert.equal(await page.locator('.pattern').count(), 40);
	assert.ok(await nodes(page) < NODES, `${await nodes(page)} elements`);
	console.log(`4 MB: busy for ${await longest(page)} ms at the longest`);
	assert.deepEqual(page.complaints, []);
});
