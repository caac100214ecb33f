// As a new user would: what the quickstart prints, and no word of explanation.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { address, call, env, key, summaries, tab } = require('./world.cjs');

test('the worst pattern and one session in which it happened', async (t) => {
	const page = await tab(t);
	await page.goto(address);
	await page.locator('input').fill(key);
	await page.keyboard.press('Enter');

	// The sample has three projects: the first of them.
	await page.locator('main').getByRole('link').first().click();
	await page.getByRole('heading', { level: 1, name: 'What hurts most' }).waitFor();

	const worst = (await call('GET', `${summaries()}patterns/?limit=1`)).value.results[0];
	assert.equal(worst.severity, 'critical');
	await page.getByRole('heading', { level: 2, name: worst.name }).waitFor();
	await page.getByRole('link', { name: /a session in which it happened/ }).click();

	const example = page.locator('.example.linked');
	const session = await example.locator('code').textContent();
	const [, id] = /summaries\/([0-9a-f-]+)\?/.exec(page.url());
	const summary = (await call('GET', `${summaries()}${id}/`)).value;
	const pattern = summary.summary.patterns.find((one) => one.pattern_name === worst.name);
	assert.ok(pattern.events.some((event) => event.target_event.session_id === session));
	assert.ok(summary.session_ids.includes(session));
	assert.equal(env.SESSION_GROUP_URL + '/', address);
	assert.deepEqual(page.complaints, []);
});
