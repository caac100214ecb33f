// Comparing: what is new, worse, better and gone, between two summaries and two periods.
'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { enter, make, makeProject, sql, tab, until } = require('./world.cjs');

const own = makeProject('Comparisons');
const pattern = (name, severity, affected, ratio) => ({
	pattern_name: name, severity, stats: { sessions_affected: affected, sessions_affected_ratio: ratio }, events: [],
});
const ids = {};

before(async () => {
	const add = async (title, days, patterns) => {
		ids[title] = (await make({ title, summary: { patterns }, run_metadata: { days } }, { project: own.project, with: own.write })).id;
	};
	await add('March', 40, [pattern('Stays', 'low', 5, .5), pattern('Goes', 'high', 1, .1), pattern('Grows', 'medium', 1, .1), pattern('Heals', 'critical', 8, .8)]);
	await add('April', 10, [pattern('Stays', 'low', 5, .51), pattern('Comes', 'critical', 3, .3), pattern('grows', 'medium', 4, .4), pattern('Heals', 'low', 9, .9)]);
	sql(`UPDATE session_group.summaries SET created_at = now() - (run_metadata->>'days')::integer * interval '1 day' WHERE project_id = ${own.project}`);
});

/** The names under each heading. */
const compared = (page) => page.locator('.compared').evaluateAll((sections) => Object.fromEntries(sections.map((section) => [
	section.className.replace('compared compared-', ''), [...section.querySelectorAll('tbody th')].map((cell) => cell.textContent.trim()),
])));
const EXPECTED = { new: ['Comes'], worse: ['grows'], better: ['Heals'], gone: ['Goes'], same: ['Stays'] };

test('two summaries', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/compare`, { with: own.read });
	await page.getByRole('link', { name: 'Two summaries' }).click();
	const [earlier, later] = await page.getByRole('group').all();
	await earlier.getByLabel('Find by title').fill('mar');
	await until('one to choose', async () => (await earlier.getByRole('option').count()) === 2);
	await earlier.getByLabel('Choose a summary').selectOption(ids.March);
	await later.getByLabel('Choose a summary').selectOption(ids.April);
	await page.getByText('1 new, 1 worse, 1 better, 1 gone, 1 as before.').waitFor();
	assert.deepEqual(await compared(page), EXPECTED);
	await page.reload();
	await page.getByText('1 new, 1 worse').waitFor();
	await page.getByRole('button', { name: 'Swap the two' }).click();
	await until('the other way round', async () => (await compared(page)).new?.join() === 'Goes');
	await page.goBack();
	await until('as before', async () => (await compared(page)).new?.join() === 'Comes');
	await page.locator('.compared-worse a').last().click();
	await page.getByRole('heading', { level: 1, name: 'April' }).waitFor();
	await page.locator('.pattern.linked', { hasText: 'grows' }).waitFor();
	assert.deepEqual(page.complaints, []);
});

test('two periods', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/compare`, { with: own.read });
	await page.getByText('1 new, 1 worse, 1 better, 1 gone, 1 as before.').waitFor();
	assert.deepEqual(await compared(page), EXPECTED);
	await page.getByLabel('Periods').selectOption('7d');
	await until('fewer', async () => Object.keys(await compared(page)).join() === 'gone');
	await page.getByLabel('Periods').selectOption('own');
	await page.getByText('Choose all four dates').waitFor();
	const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
	const [earlier, later] = await page.getByRole('group').all();
	await earlier.getByLabel('from').fill(day(45));
	await earlier.getByLabel('to').fill(day(35));
	await later.getByLabel('from').fill(day(12));
	await later.getByLabel('to').fill(day(8));
	await page.getByText('1 new, 1 worse, 1 better, 1 gone, 1 as before.').waitFor();
	await page.reload();
	await page.getByText('1 new, 1 worse').waitFor();
	assert.deepEqual(page.complaints, []);
});

test('a summary with itself, and nothing chosen', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/compare?a=${ids.March}&b=${ids.March}`, { with: own.read });
	await page.getByText('Both are the same summary.').waitFor();
	await page.getByRole('link', { name: 'Two summaries' }).click();
	await page.getByText('Choose a summary on either side.').waitFor();
});
