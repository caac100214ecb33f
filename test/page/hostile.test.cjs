// Titles and documents are texts of strangers: nothing of them is ever made into markup,
// and what got through would be stopped by the Content-Security-Policy.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { address, enter, make, makeProject, summaries, call, tab, until } = require('./world.cjs');

const own = makeProject('Hostile <b>project</b>');
const TEXTS = [
	'<img src=x onerror="window.hacked=1">', '"><script>window.hacked=1</script>', '<svg/onload=window.hacked=1>', "javascript:window.hacked=1",
	'${window.hacked=1}', '{{constructor.constructor("window.hacked=1")()}}', '</title><script>window.hacked=1</script>', '<iframe srcdoc="<script>parent.hacked=1</script>">',
	'&lt;img src=x onerror=window.hacked=1&gt;', '\u202Egnp.exe\u202C \u0007 \uD83D\uDC68\u200D\uD83D\uDC69 مرحبا', '__proto__', 'x'.repeat(2000),
];
const event = (text) => ({
	description: text, session_id: text, milliseconds_since_start: 1, timestamp: text, event: text, event_type: text, current_url: text,
	window_id: text, exception: text, elements_chain_texts: [text], $exception_types: [text],
});
const patterns = TEXTS.map((text, n) => ({
	pattern_id: n, pattern_name: text, pattern_description: text, severity: n % 2 ? 'critical' : text, indicators: [text],
	stats: { occurences: 1, sessions_affected: 1, sessions_affected_ratio: .5, segments_success_ratio: .5 },
	events: [{ segment_name: text, segment_outcome: text, segment_success: false, previous_events_in_segment: [event(text)], target_event: event(text), next_events_in_segment: [event(text)] }],
}));

/** Nothing has run, and nothing is there that the page does not make itself. */
async function assertHarmless(page) {
	const found = await page.evaluate(() => ({
		hacked: window.hacked ?? window.parent.hacked, images: document.images.length, scripts: document.scripts.length,
		frames: window.length, links: [...document.links].filter((link) => !/^https?:$/.test(link.protocol)).length,
		handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith('on'))).length,
	}));
	assert.deepEqual(found, { hacked: undefined, images: 0, scripts: 1, frames: 0, links: 0, handlers: 0 });
	assert.deepEqual(page.complaints, []);
}

test('every text of a summary, on every view', async (t) => {
	const ids = [];
	for (const title of TEXTS) {
		ids.push((await make({
			title, session_ids: TEXTS.map((text) => text.slice(0, 200)), summary: { patterns }, extra_summary_context: { [title]: title }, run_metadata: { [title]: title },
		}, { project: own.project, with: own.write })).id);
	}
	await call('PATCH', `${summaries(own.project)}${ids[0]}/`, { with: own.write, body: { title: TEXTS[1] } });
	const page = await tab(t, { width: 360 });
	const asked = [];
	page.on('request', (request) => asked.push(request.url()));
	await enter(page, `#/projects/${own.project}`, { with: own.write });
	await page.locator('.row-button').first().waitFor();
	for (const button of await page.locator('.row-button').all()) await button.click();
	await assertHarmless(page);

	await page.goto(`${address}#/projects/${own.project}/summaries`);
	await until('all of them', async () => (await page.locator('table.list tbody tr').count()) === TEXTS.length);
	for (const text of TEXTS.slice(2, 9)) await page.getByRole('link', { name: text, exact: true }).first().waitFor();
	await assertHarmless(page);

	for (const [n, id] of ids.entries()) {
		await page.goto(`${address}#/projects/${own.project}/summaries/${id}?pattern=${n + 1}&example=1`);
		await page.locator('.pattern').first().waitFor();
		assert.ok((await page.title()).includes((n ? TEXTS[n] : TEXTS[1]).slice(0, 5)));
		if (n > 1) continue;
		const closed = page.locator('.example-button[aria-expanded=false]');
		while (await closed.count()) await closed.first().click();
		for (const folded of await page.locator('.folded > summary').all()) await folded.click();
		await page.locator('.record').first().waitFor();
		await assertHarmless(page);
	}
	await page.getByRole('button', { name: 'Delete' }).click();
	await page.getByRole('dialog').waitFor();
	await assertHarmless(page);
	await page.goto(`${address}#/projects/${own.project}/compare?a=${ids[2]}&b=${ids[3]}`);
	await page.locator('.compared').first().waitFor();
	await assertHarmless(page);
	await page.goto(`${address}#/projects/${own.project}/new`);
	await page.getByLabel('JSON').fill(JSON.stringify({ title: TEXTS[0], summary: { patterns } }));
	await page.locator('.preview').waitFor();
	await assertHarmless(page);
	assert.ok(asked.every((url) => url.startsWith(address)), asked.find((url) => !url.startsWith(address)));
	// It fits into 360 pixels all the same.
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
});

test('an address that is hostile', async (t) => {
	const page = await tab(t);
	const text = encodeURIComponent(TEXTS[0]);
	await enter(page, `#/projects/${own.project}/summaries?search=${text}&severity=&created_by=${text}`, { with: own.read });
	await page.getByRole('alert').waitFor();
	await assertHarmless(page);
	for (const place of [`#/projects/${text}`, `#/projects/${own.project}/summaries/${text}`, `#/${text}?${text}`, '#/projects/%E0%A4%A/summaries', `#/projects/${own.project}?since=${text}&order=__proto__&find=${text}`]) {
		await page.goto(address + place);
		await page.locator('main h1, main .state').first().waitFor();
		await assertHarmless(page);
	}
});

test('the policy stops what would get through', async (t) => {
	const page = await tab(t);
	const headers = (await page.goto(address)).headers();
	assert.equal(headers['referrer-policy'], 'no-referrer');
	assert.equal(headers['x-content-type-options'], 'nosniff');
	assert.doesNotMatch(headers['content-security-policy'], /unsafe|\*|http|data:|blob:/);
	assert.match(headers['content-security-policy'], /^default-src 'none';/);
	const stopped = await page.evaluate(async () => {
		// Later than the call of the test, which the policy does not bind.
		await new Promise((resolve) => { setTimeout(resolve, 0); });
		const violations = [];
		document.addEventListener('securitypolicyviolation', (violation) => violations.push(violation.effectiveDirective));
		const attempt = (act) => {
			try {
				act();
				return 'done';
			} catch (error) {
				return error.name;
			}
		};
		const markup = attempt(() => { document.body.innerHTML += '<img src=x onerror="window.hacked=1">'; });
		const evaluated = attempt(() => window.eval('window.hacked=1'));
		const script = document.createElement('script');
		const inline = attempt(() => { script.textContent = 'window.hacked=1'; });
		document.head.append(script);
		const style = document.createElement('style');
		style.textContent = 'body { display: none }';
		document.head.append(style);
		const image = new window.Image();
		image.src = 'http://127.0.0.1:9/x.png';
		const other = await fetch('http://127.0.0.1:9/').then(() => 'done', (error) => error.name);
		await new Promise((resolve) => { setTimeout(resolve, 100); });
		return { markup, evaluated, inline, other, hacked: window.hacked, hidden: getComputedStyle(document.body).display, violations: [...new Set(violations)].sort() };
	});
	assert.deepEqual({ ...stopped, violations: undefined }, {
		markup: 'TypeError', evaluated: 'EvalError', inline: 'TypeError', other: 'TypeError', hacked: undefined, hidden: 'block', violations: undefined,
	});
	for (const directive of ['connect-src', 'img-src', 'require-trusted-types-for', 'style-src-elem']) assert.ok(stopped.violations.includes(directive), directive);
});
