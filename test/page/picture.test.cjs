// The README's picture of the page, docs/page.png. It has the hash of web/ in it, so that
// it cannot be out of date; PAGE_PICTURE=1 makes it anew.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { enter, env, REPO, tab } = require('./world.cjs');

const PICTURE = path.join(REPO, 'docs', 'page.png');
const WEB = path.join(REPO, 'web');
const LARGEST = 150_000;

/** The page's source: the names and contents of its files. */
function hashOfPage() {
	const hash = crypto.createHash('sha256');
	for (const name of fs.readdirSync(WEB, { recursive: true }).sort()) {
		const file = path.join(WEB, name);
		if (fs.statSync(file).isFile()) hash.update(name).update('\0').update(fs.readFileSync(file)).update('\0');
	}
	return hash.digest('hex');
}

/** The checksum of PNG's chunks. */
function crc32(bytes) {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	return ~crc >>> 0;
}

/** A PNG with a text in front of its end. */
function withText(png, keyword, text) {
	const content = Buffer.from(`tEXt${keyword}\0${text}`, 'latin1');
	const chunk = Buffer.alloc(content.length + 8);
	chunk.writeUInt32BE(content.length - 4, 0);
	content.copy(chunk, 4);
	chunk.writeUInt32BE(crc32(content), content.length + 4);
	return Buffer.concat([png.subarray(0, -12), chunk, png.subarray(-12)]);
}

test('the picture in the README is of this page', async (t) => {
	if (process.env.PAGE_PICTURE) {
		const page = await tab(t, { width: 1200, height: 860 });
		await enter(page, `#/projects/${env.SESSION_GROUP_PROJECT_ID}?since=90d`);
		await page.locator('.worst').waitFor();
		await page.evaluate(() => document.activeElement.blur());
		fs.writeFileSync(PICTURE, withText(await page.screenshot(), 'Source', hashOfPage()));
	}
	const picture = fs.readFileSync(PICTURE);
	assert.ok(picture.includes(`Source\0${hashOfPage()}`, 'latin1'), 'web/ has changed: PAGE_PICTURE=1 make check-page makes the picture anew');
	assert.ok(picture.length < LARGEST, `${picture.length} bytes`);
});
