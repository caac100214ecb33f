// What the tests of the page share: the servers that the quickstart started, real
// Chromium, and ways to get about in the page as a person does.
'use strict';

const { execFileSync } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { after, before } = require('node:test');
const { chromium } = require('playwright-core');

const BASE = process.env.SESSION_GROUP_TEST_DIR;
const RUN = path.join(BASE, 'page.run');
const REPO = path.join(__dirname, '..', '..');
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];
const PATIENCE = 20_000;

/** What the quickstart wrote for its user. */
const env = Object.fromEntries(fs.readFileSync(path.join(RUN, 'env'), 'utf8').trim().split('\n').map((line) => {
	const at = line.indexOf('=');
	return [line.slice(0, at), line.slice(at + 1)];
}));
const said = fs.readFileSync(path.join(BASE, 'page.said'), 'utf8');
const address = /^The page: (\S+)$/m.exec(said)[1];
const key = /^A key: +(\S+)$/m.exec(said)[1];

let browser;
before(async () => {
	browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
});
after(() => browser?.close());

/**
 * A tab of a browser that nobody used before. What the page says in its console, or
 * throws, is collected: page.complaints.
 */
async function openTab({ width = 1280, height = 900, context } = {}) {
	const own = context ?? await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
	own.setDefaultTimeout(PATIENCE);
	const page = await own.newPage();
	page.complaints = [];
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('console', (message) => {
		// The browser itself writes down each answer that is no success.
		if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) page.complaints.push(message.text());
	});
	return page;
}

/** Opens the page at a place and enters a key. */
async function enter(page, place = '', { with: used = key, at = address } = {}) {
	await page.goto(at + place);
	await page.getByLabel('API key').fill(used);
	await page.getByRole('button', { name: 'Open' }).click();
	await page.locator('header.frame').waitFor();
}

/** A test's own tab, which is closed when the test is over. */
async function tab(context, options) {
	const page = await openTab(options);
	context.after(() => page.context().close());
	return page;
}

/** A request to the API, as any client sends it. */
async function call(method, where, { body, with: used = key, headers = {}, at = env.SESSION_GROUP_URL } = {}) {
	const response = await fetch(`${at}${where}`, {
		method,
		headers: { Authorization: `Bearer ${used}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	const text = await response.text();
	return { status: response.status, headers: response.headers, value: text && JSON.parse(text) };
}

const summaries = (project = env.SESSION_GROUP_PROJECT_ID) => `/api/projects/${project}/session_group_summaries/`;

/** A summary of a test's own. */
async function make(body, { project, with: used } = {}) {
	const made = await call('POST', summaries(project), { body, with: used });
	if (made.status !== 201) throw new Error(`${made.status} ${JSON.stringify(made.value)}`);
	return made.value;
}

/** Rows of an administrator's statement, their columns between bars. */
function sql(text) {
	return execFileSync('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', env.DATABASE_URL, '-c', text], { encoding: 'utf8' }).trim();
}

/** A project of a test's own, with a user and keys. */
function makeProject(name) {
	const project = sql(`SELECT id FROM session_group.create_project('${name}', 'UTC')`);
	const user = sql(`SELECT id FROM session_group.create_user('${randomUUID()}@example.com', 'Test', 'Person')`);
	sql(`SELECT session_group.add_member(${project}, ${user})`);
	return { project, user, write: makeKey(user, 'session_recording:write'), read: makeKey(user, 'session_recording:read') };
}

const makeKey = (user, scope) => sql(`SELECT session_group.create_api_key(${user}, 'test', '{${scope}}', expires_at => now() + interval '1 day')`);

/** Waits until something is so, by looking again. */
async function until(what, look) {
	const end = Date.now() + PATIENCE;
	for (;;) {
		const found = await look();
		if (found) return found;
		if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
		await new Promise((resolve) => { setTimeout(resolve, 50); });
	}
}

module.exports = { address, call, enter, env, key, make, makeKey, makeProject, openTab, REPO, RUN, BASE, said, sql, summaries, tab, until };
