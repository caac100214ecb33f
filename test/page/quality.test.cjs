// Every view, dark and light, narrow and wide: axe finds nothing, it fits, and a keyboard is enough.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { before, test } = require('node:test');
const { address, enter, env, make, makeProject, RUN, tab, until } = require('./world.cjs');

const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const PROJECT = `#/projects/${env.SESSION_GROUP_PROJECT_ID}`;
const ONE = `${PROJECT}/summaries/${env.SESSION_GROUP_SUMMARY_ID}`;
const own = makeProject('Quality');
let broken;

before(async () => {
	broken = await make({ title: 'Broken', summary: '{' }, { project: own.project, with: own.write });
});

/** What axe finds, in words: dark, then light. */
async function complaintsOf(page) {
	const found = [];
	// Evaluated, not written into the page: its policy would not let it in.
	await page.evaluate(AXE);
	for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
		await page.emulateMedia({ colorScheme });
		const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
		found.push(...violations.map((one) => `${colorScheme}: ${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`).join(' | ')}`));
	}
	return found;
}

const click = (locator) => async (page) => locator(page).click();

/** Each view: where it is, when it is there, and what to open in it. */
const VIEWS = {
	projects: ['#/projects', 'main li a'],
	hurts: [`${PROJECT}?since=90d`, '.groups', click((page) => page.locator('.row-button').first()), click((page) => page.locator('.as-table summary'))],
	list: [`${PROJECT}/summaries`, '.summaries .sevbar', click((page) => page.getByText('More filters'))],
	nothing: [`${PROJECT}/summaries?search=nothing+at+all`, '.state'],
	summary: [ONE, '.pattern', click((page) => page.locator('.example-button').first()), click((page) => page.getByLabel('Confusion')),
		click((page) => page.getByText('History', { exact: true })), click((page) => page.getByText('Download', { exact: true }))],
	example: [`${ONE}?pattern=1&example=2`, '.example.linked .timeline'],
	rename: [ONE, '.pattern', click((page) => page.getByRole('button', { name: 'Rename' }))],
	remove: [ONE, '.pattern', click((page) => page.getByRole('button', { name: 'Delete' }))],
	missing: [`${PROJECT}/summaries/00000000-0000-7000-8000-000000000000`, '.state-failed'],
	create: [`${PROJECT}/new`, '.create', (page) => page.getByLabel('JSON').fill('{"summary": {"patterns": [{"severity": "low"}, 1]}}')],
	periods: [`${PROJECT}/compare`, '.compared'],
	own_dates: [`${PROJECT}/compare?days=own`, '.side-choice'],
	two: [`${PROJECT}/compare?what=summaries`, '.side-choice'],
	lost: ['#/nowhere', 'h1'],
};

for (const [width, height] of [[1920, 1080], [360, 740]]) {
	test(`${width} pixels wide`, async (t) => {
		const page = await tab(t, { width, height });
		await page.goto(address);
		assert.deepEqual(await complaintsOf(page), [], 'enter');
		await enter(page);
		for (const [name, [place, ready, ...steps]] of Object.entries(VIEWS)) {
			await page.goto('about:blank');
			await page.goto(address + place);
			await page.locator(ready).first().waitFor();
			for (const step of steps) await step(page);
			await page.waitForLoadState('networkidle');
			assert.deepEqual(await complaintsOf(page), [], name);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0, `${name} fits`);
		}
		assert.deepEqual(page.complaints, []);
		// It would find something.
		await page.evaluate(() => document.querySelector('main').append(document.createElement('button')));
		assert.match((await complaintsOf(page)).join(), /button-name/);
	});
}

test('what can not be read, and what may not be seen', async (t) => {
	const page = await tab(t);
	await enter(page, `#/projects/${own.project}/summaries/${broken.id}`, { with: own.read });
	await page.getByText('The document is text that is no JSON.').waitFor();
	assert.deepEqual(await complaintsOf(page), []);
	await page.goto(`${address}${PROJECT}/summaries`);
	await page.getByText('Not with this key').waitFor();
	assert.deepEqual(await complaintsOf(page), []);
});

test('by keyboard alone: from the key to an example of the worst pattern, and back', async (t) => {
	const page = await tab(t);
	await page.goto(address);
	await until('the field has the focus', () => page.evaluate(() => document.activeElement.tagName === 'INPUT'));
	await page.keyboard.type(env.SESSION_GROUP_NARROW_KEY);
	await page.keyboard.press('Enter');
	await page.locator('.worst').waitFor();
	// The view's title has the focus, so that a screen reader begins there.
	await until('the title', () => page.evaluate(() => document.activeElement.tagName === 'H1'));
	const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
	for (let n = 0; !(await focused()).startsWith('See a session'); n++) {
		assert.ok(n < 10, 'within ten steps');
		await page.keyboard.press('Tab');
	}
	await page.keyboard.press('Enter');
	await page.locator('.example.linked').waitFor();
	await until('the example', () => page.evaluate(() => document.activeElement.classList.contains('example-button')));
	assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'true');
	await page.keyboard.press('Enter');
	assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'false');
	await page.goBack();
	await page.locator('.worst').waitFor();
	// Past what is on every view.
	for (let n = 0; await focused() !== 'Skip to the content'; n++) {
		assert.ok(n < 12, 'within a dozen steps');
		await page.keyboard.press('Shift+Tab');
	}
	await page.keyboard.press('Enter');
	assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
	assert.deepEqual(page.complaints, []);
});

test('a dialog keeps the focus and gives it back', async (t) => {
	const page = await tab(t);
	await enter(page, ONE);
	await page.getByRole('button', { name: 'Rename' }).focus();
	await page.keyboard.press('Enter');
	await page.getByRole('dialog').waitFor();
	for (let n = 0; n < 12; n++) {
		await page.keyboard.press('Tab');
		assert.ok(await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))));
	}
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Rename');
});

test('all of it is at most 150 kB, compressed', () => {
	const web = path.join(RUN, 'servers', 'web');
	let sum = 0;
	for (const name of fs.readdirSync(web, { recursive: true })) {
		const file = path.join(web, name);
		if (fs.statSync(file).isFile() && !name.endsWith('.txt')) sum += zlib.gzipSync(fs.readFileSync(file)).length;
	}
	console.log(`the page: ${(sum / 1000).toFixed(1)} kB compressed`);
	assert.ok(sum > 10_000 && sum <= 150_000, String(sum));
});

test('files are kept by the browser, the first one is asked for anew; nothing else is there', async () => {
	const first = await fetch(address);
	assert.equal(first.headers.get('cache-control'), 'no-cache');
	assert.equal(first.headers.get('content-type'), 'text/html; charset=utf-8');
	const main = /src="(page\/[0-9a-f]+\/main\.js)"/.exec(await first.text())[1];
	const script = await fetch(address + main);
	assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
	assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
	assert.equal(script.headers.get('content-encoding'), 'gzip');
	for (const [where, status] of [['page/', 404], ['page/../nginx.conf', 404], ['page/none/main.js', 404], ['index.html', 404]]) {
		const answer = await fetch(address + where);
		assert.equal(answer.status, status, where);
		assert.equal((await answer.json()).code, 'not_found');
	}
	const posted = await fetch(address, { method: 'POST', body: 'x' });
	assert.equal(posted.status, 405);
	assert.equal(posted.headers.get('allow'), 'GET, HEAD');
});
