// Where the page is stands behind the # of its address: it is in links and in the
// history, and never reaches a server or its log.
import { makeStore, useStore } from './store.js';

/** @import { Place, Query } from '../types.js' */

/** @param {string} hash @returns {Place} */
export function readHash(hash) {
	const [path, query = ''] = split(hash.replace(/^#\/?/, ''), '?');
	/** @type {Query} */
	const values = Object.create(null);
	for (const [name, value] of new URLSearchParams(query)) if (value !== '') values[name] = value;
	return { path: path.split('/').filter(Boolean).map(decode), query: values };
}

/** @param {string} text @param {string} at @returns {[string, string?]} */
function split(text, at) {
	const place = text.indexOf(at);
	return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)];
}

/** @param {string} text */
function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/**
 * The address of a place; parameters without a value are left out.
 * @param {Array<string | number>} path
 * @param {Record<string, string | number | null | undefined>} [query]
 */
export function href(path, query = {}) {
	const values = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined && value !== null && value !== '') values.set(name, String(value));
	}
	const text = values.toString();
	return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${text ? `?${text}` : ''}`;
}

const place = makeStore(readHash(location.hash));

export const usePlace = () => useStore(place);

/** A link to a place, as one would send it to somebody. @param {string} hash */
export const wholeAddress = (hash) => new URL(hash, location.href).href;

/**
 * Goes to a place: as a new entry of the history, or instead of the present one.
 * @param {string} hash
 * @param {{ replace?: boolean }} [how]
 */
export function go(hash, { replace = false } = {}) {
	if (replace) {
		history.replaceState(history.state, '', hash);
		place.set(readHash(hash));
	} else if (hash !== location.hash) {
		location.hash = hash;
	}
}

/**
 * The present place with other parameters.
 * @param {Record<string, string | null | undefined>} changes
 * @param {{ replace?: boolean }} [how]
 */
export function change(changes, how) {
	const { path, query } = readHash(location.hash);
	go(href(path, { ...query, ...changes }), how);
}

// How far down each entry of the history was read.
/** @type {Map<string, number>} */
const depths = new Map();
let entry = '';

function enterEntry() {
	const known = history.state?.entry;
	entry = known || crypto.getRandomValues(new Uint32Array(2)).join('-');
	if (!known) history.replaceState({ entry }, '');
	return Boolean(known);
}

/** @param {number} depth @param {number} until */
function scrollWhenTallEnough(depth, until) {
	window.scrollTo(0, depth);
	if (Math.abs(window.scrollY - depth) > 1 && performance.now() < until) {
		requestAnimationFrame(() => scrollWhenTallEnough(depth, until));
	}
}

function moved() {
	const before = place.get().path.join('/');
	const back = enterEntry();
	place.set(readHash(location.hash));
	if (back) scrollWhenTallEnough(depths.get(entry) ?? 0, performance.now() + 2000);
	else if (place.get().path.join('/') !== before) window.scrollTo(0, 0);
}

export function startAddress() {
	history.scrollRestoration = 'manual';
	enterEntry();
	window.addEventListener('scroll', () => depths.set(entry, window.scrollY), { passive: true });
	window.addEventListener('hashchange', moved);
}
