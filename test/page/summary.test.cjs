// A summary: its patterns and their evidence, links, filters, downloads, history, and documents of every kind.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { address, call, enter, env, make, makeProject, summaries, tab, until } = require('./world.cjs');

const own = makeProject('Summaries');
const ID = env.SESSION_GROUP_SUMMARY_ID;
const sample = `#/projects/${env.SESSION_GROUP_PROJECT_ID}/summaries/${ID}`;

const moment = (description, more = {}) => ({
	description, session_id: 'session-a', milliseconds_since_start: 65_000, timestamp: '2026-11-01T10:00:00Z', event: '$autocapture', event_type: 'click',
	current_url: 'https://shop.example/basket?x=1', exception: null, abandonment: false, confusion: false, ...more,
});
const example = (name, more = {}, target = {}) => ({
	segment_name: 'Paying', segment_outcome: `outcome of ${name}`, segment_success: false, previous_events_in_segment: [moment(`before ${name}`)],
	target_event: moment(name, target), next_events_in_segment: [moment(`after ${name}`)], ...more,
});
const document = {
	patterns: [
		{ pattern_name: 'Mild', severity: 'low', events: [example('mild thing', { segment_success: true })] },
		{
			pattern_name: 'Grave', pattern_description: 'What it means.', severity: 'critical', indicators: ['a sign'],
			stats: { occurences: 9, sessions_affected: 4, sessions_affected_ratio: .25, segments_success_ratio: .1 },
			events: [
				example('first', {}, { exception: 'blocking', elements_chain_texts: ['Pay now'], $exception_types: ['TypeError'], $exception_values: ['no card'] }),
				example('second', {}, { abandonment: true, distinct_id: 'person-7' }),
				example('third', { next_events_in_segment: [moment('late trouble', { exception: 'non-blocking' })] }),
				example('fourth', {}, { confusion: true }), example('fifth'), example('sixth'),
			],
		},
	],
};

const open = async (t, body, options) => {
	const summary = await make(body, { project: own.project, with: own.write });
	const page = await tab(t, options);
	await enter(page, `#/projects/${own.project}/summaries/${summary.id}`, { with: own.write });
	await page.getByRole('heading', { level: 1 }).filter({ hasText: body.title ?? 'Group summary' }).waitFor();
	return { page, summary };
};

test('patterns worst first, with what they mean, their numbers and signs', async (t) => {
	const { page } = await open(t, { title: 'All of it', session_ids: ['a', 'b'], summary: document });
	assert.deepEqual(await page.locator('.pattern h3').allTextContents(), ['Grave', 'Mild']);
	const grave = page.locator('.pattern').first();
	const text = (await grave.textContent()).replace(/\s+/g, ' ');
	for (const said of ['Critical', 'What it means.', 'Sessions affected4', '25 % of the sessions', 'Ended well10 %', 'Occurrences9', 'a sign', 'Examples 6']) {
		assert.ok(text.includes(said), `${said} in ${text}`);
	}
	await page.getByText(/by Test Person · 2 sessions/).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('examples a few at a time; one opens into before, what happened and after', async (t) => {
	const { page } = await open(t, { title: 'Examples', summary: document });
	const examples = page.locator('.pattern').first().locator('.example');
	assert.equal(await examples.count(), 3);
	await page.getByRole('button', { name: 'Show 3 more' }).click();
	assert.equal(await examples.count(), 6);
	await examples.nth(0).locator('.example-button').click();
	const lists = examples.nth(0).locator('ol');
	assert.deepEqual(await lists.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))), ['What came before', 'What happened', 'What came after']);
	const text = (await examples.nth(0).textContent()).replace(/\s+/g, ' ');
	for (const said of ['Did not end well', 'outcome of first', '1:05', 'before first', 'Click', 'Pay now', '/basket?x=1', 'TypeError: no card', 'Blocking exception', 'after first', 'session-a']) {
		assert.ok(text.includes(said), `${said} in ${text}`);
	}
	await examples.nth(1).locator('.example-button').click();
	await examples.nth(1).getByText('person-7').waitFor();
	assert.deepEqual(page.complaints, []);
});

test('examples by what happened in them, with counts, and by keyword', async (t) => {
	const { page } = await open(t, { title: 'Filters', summary: document });
	const shown = () => page.locator('.example').count();
	const counts = {};
	for (const label of await page.locator('.check').allTextContents()) counts[label.replace(/\d+/, '').trim()] = Number(/\d+/.exec(label)[0]);
	assert.deepEqual(counts, { 'Blocking exceptions': 1, 'Other exceptions': 1, Abandonment: 1, Confusion: 1 });
	await page.getByLabel('Blocking exceptions').check();
	await page.getByText('1 example in 1 pattern match.').waitFor();
	assert.equal(await shown(), 1);
	await page.getByLabel('Confusion').check();
	await page.getByText('2 examples in 1 pattern match.').waitFor();
	assert.match(page.url(), /flags=blocking%2Cconfusion/);
	await page.goBack();
	await page.getByText('1 example in 1 pattern match.').waitFor();
	await page.getByRole('button', { name: 'Show all' }).click();
	await page.getByLabel('Keyword').fill('LATE trouble');
	await page.getByText('1 example in 1 pattern match.').waitFor();
	await page.reload();
	await page.getByText('1 example in 1 pattern match.').waitFor();
	await page.getByLabel('Keyword').fill('nothing of the kind');
	await page.getByText('No example matches.').waitFor();
	assert.equal(await shown(), 0);
	assert.deepEqual(page.complaints, []);
});

test('the patterns by sessions affected instead of by severity', async (t) => {
	const many = structuredClone(document);
	many.patterns[0].stats = { sessions_affected: 40 };
	const { page } = await open(t, { title: 'Orders', summary: many });
	const names = () => page.locator('.pattern h3').allTextContents();
	assert.deepEqual(await names(), ['Grave', 'Mild']);
	await page.getByLabel('Order').selectOption('sessions');
	await until('the other order', async () => (await names()).join() === 'Mild,Grave');
	await page.goBack();
	await until('the first order', async () => (await names()).join() === 'Grave,Mild');
	assert.deepEqual(page.complaints, []);
});

test('a link leads to a pattern, or to one example of it', async (t) => {
	const { page } = await open(t, { title: 'Links', summary: document });
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.getByRole('button', { name: 'Show 3 more' }).click();
	await page.locator('.example').nth(4).getByRole('button', { name: 'Copy a link to this example' }).click();
	await page.getByText('The link was copied.').waitFor();
	const link = await page.evaluate(() => navigator.clipboard.readText());
	assert.match(link, /pattern=2&example=5$/);
	assert.ok(!link.includes(own.write));

	const other = await tab(t);
	await enter(other, link.slice(link.indexOf('#')), { with: own.read });
	const linked = other.locator('.example.linked');
	await linked.getByText('before fifth').waitFor();
	await until('it is in sight', () => linked.evaluate((one) => { const box = one.getBoundingClientRect(); return box.top < window.innerHeight && box.bottom > 0; }));
	await other.getByRole('navigation', { name: 'Patterns in this summary' }).getByRole('link', { name: /Mild/ }).click();
	await other.locator('.pattern.linked', { hasText: 'Mild' }).waitFor();
	await other.goBack();
	await linked.getByText('before fifth').waitFor();
	assert.deepEqual(other.complaints, []);
});

test('the report and the data as files, as the API gives them', async (t) => {
	const page = await tab(t);
	await enter(page, sample);
	const key = await page.evaluate(() => sessionStorage.getItem('session_group.key'));
	for (const [name, type, ending] of [['Report (Markdown)', 'text/markdown', '.md'], ['Data (JSON)', 'application/json', '.json']]) {
		await page.getByText('Download', { exact: true }).click();
		const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
		assert.ok(download.suggestedFilename().endsWith(ending), download.suggestedFilename());
		const expected = await fetch(`${env.SESSION_GROUP_URL}${summaries()}${ID}/`, { headers: { Authorization: `Bearer ${key}`, Accept: type } });
		assert.equal(fs.readFileSync(await download.path(), 'utf8'), await expected.text());
		await page.keyboard.press('Escape');
	}
	assert.deepEqual(page.complaints, []);
});

test('the sessions’ ids to copy, context and run folded, and a page for the printer', async (t) => {
	const { page } = await open(t, {
		title: 'Folded', session_ids: ['s-1', 's-2'], summary: document, extra_summary_context: { focus_area: 'checkout' }, run_metadata: { model: 'example' },
	});
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.getByText('Ids of its 2 sessions').click();
	await page.getByRole('button', { name: 'Copy all ids' }).click();
	await page.getByText('Copied.').waitFor();
	assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 's-1\ns-2');
	await page.getByText('Context it was made with').click();
	await page.getByText('"focus_area": "checkout"').waitFor();
	await page.getByText('The run that made it').click();
	await page.getByText('"model": "example"').waitFor();
	await page.emulateMedia({ media: 'print' });
	assert.ok(await page.getByRole('heading', { name: 'Grave' }).isVisible());
	assert.ok(!await page.getByText('Forget key').isVisible());
});

test('its history: who changed what, before and after', async (t) => {
	const { page, summary } = await open(t, { title: 'As it was', session_ids: ['s-1'], summary: document });
	await call('PATCH', `${summaries(own.project)}${summary.id}/`, { with: own.write, body: { title: 'As it is', session_ids: ['s-1', 's-9'] } });
	await page.getByText('History', { exact: true }).click();
	const records = page.locator('.record');
	await records.nth(1).waitFor();
	const text = (await records.first().textContent()).replace(/\s+/g, ' ');
	for (const said of ['Changed', 'by Test Person', 'As it was', 'As it is', 'Sessions', 'Added: s-9']) assert.ok(text.includes(said), `${said} in ${text}`);
	assert.match(await records.nth(1).textContent(), /Created/);
	assert.deepEqual(page.complaints, []);
});

const broken = {
	'a string that holds it': { summary: JSON.stringify(document), patterns: 2 },
	'null': { summary: null, says: 'The summary has no document.' },
	'a string that is no JSON': { summary: '{"patterns": [', says: 'The document is text that is no JSON.' },
	'a number': { summary: 7, says: 'The document is not an object' },
	'a string in a string': { summary: JSON.stringify('no'), says: 'The document is not an object' },
	'no list': { summary: { patterns: { a: 1 } }, says: 'The document has no list of patterns.' },
	'an empty list': { summary: { patterns: [] }, says: 'No patterns' },
	'what is no pattern': { summary: { patterns: [1, null, 'x', document.patterns[0]] }, patterns: 1, says: '3 entries of the list of patterns are none' },
	'no severity': { summary: { patterns: [{ pattern_name: 'Odd', severity: 'awful' }] }, patterns: 1, says: '1 pattern has no known severity.' },
	'wrong types everywhere': {
		summary: { patterns: [{ pattern_name: [], pattern_description: {}, severity: 'low', indicators: [1, 'sign'], stats: 'none', events: [3, { target_event: 'x', previous_events_in_segment: [4], segment_success: 'yes' }] }] },
		patterns: 1, says: 'of another type than they should be',
	},
	'numbers beyond sense': { summary: { patterns: [{ pattern_name: 'Numbers', severity: 'low', stats: { sessions_affected: -1, sessions_affected_ratio: 7, segments_success_ratio: 1e300, occurences: 1e21 } }] }, patterns: 1, says: '3 values are of another type' },
	'names of JavaScript’s own': { summary: JSON.parse('{"patterns": [{"pattern_name": "Own", "severity": "constructor", "__proto__": {"pattern_description": "no"}, "events": [{"target_event": {"event": "toString", "description": "own"}}]}]}'), patterns: 1 },
};

test('documents as PostHog stored them, odd and broken ones', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries`, { with: own.read });
	for (const [name, { summary, patterns = 0, says }] of Object.entries(broken)) {
		await t.test(name, async () => {
			const { id } = await make({ title: `Document: ${name}`, summary }, { project: own.project, with: own.write });
			await page.goto(`${address}#/projects/${own.project}/summaries/${id}`);
			await page.getByRole('heading', { level: 1, name: `Document: ${name}` }).waitFor();
			assert.equal(await page.locator('.pattern').count(), patterns);
			if (says) await page.getByText(says).first().waitFor();
			for (const button of await page.locator('.example-button').all()) await button.click();
			assert.deepEqual(page.complaints, []);
		});
	}
});

test('one that is gone, and one of another project', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries/00000000-0000-7000-8000-000000000000`, { with: own.read });
	await page.getByRole('alert').getByText('Nothing here').waitFor();
	await page.goto(`${address}#/projects/${own.project}/summaries/${ID}`);
	await page.getByRole('alert').getByText('Nothing here').waitFor();
	await page.goto(`${address}#/projects/${own.project}/summaries/no-uuid`);
	await page.getByRole('alert').getByText('Nothing here').waitFor();
	assert.deepEqual(page.complaints, []);
});
