// Patterns of many summaries brought together by name, which is what they share.
import { rankOf, severityOf } from '../parts/severity.js';
import { t } from '../texts.js';

/** @import { FoundPattern, Severity } from '../types.js' */

/**
 * @typedef {object} Group
 * @property {string} key
 * @property {string} name
 * @property {string} description
 * @property {Severity} severity  the worst that it had
 * @property {string[]} indicators
 * @property {number} sessions  affected, added up
 * @property {number | null} share  of the sessions looked at in its summaries
 * @property {number | null} success  share of attempts that ended well
 * @property {FoundPattern[]} found  newest first
 * @property {number} summaries
 */

/** The same name, however it is written. @param {string | null} name */
export const nameKey = (name) => (name ?? '').normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

/** Texts by their code units, which costs nothing. @param {string} a @param {string} b */
const compare = (a, b) => Number(a > b) - Number(a < b);

/** A mean of what is known, weighted. @param {Array<[number | null, number]>} values */
function mean(values) {
	let sum = 0;
	let weights = 0;
	for (const [value, weight] of values) {
		if (value === null || !(weight > 0)) continue;
		sum += value * weight;
		weights += weight;
	}
	return weights ? sum / weights : null;
}

/** The sessions that a pattern's summary looked at, as far as its numbers tell. @param {FoundPattern} one */
function lookedAt(one) {
	return one.sessions_affected && one.sessions_affected_ratio ? one.sessions_affected / one.sessions_affected_ratio : 0;
}

/** @param {string} key @param {FoundPattern[]} found @returns {Group} */
function makeGroup(key, found) {
	const newest = [...found].sort((a, b) => compare(b.summary.created_at, a.summary.created_at));
	const severities = found.map((one) => severityOf(one.severity)).sort((a, b) => rankOf(a) - rankOf(b));
	return {
		key,
		name: newest[0].name?.replace(/\s+/g, ' ').trim() || t.unnamed,
		description: newest.find((one) => one.description)?.description ?? '',
		severity: severities[0],
		indicators: newest.find((one) => one.indicators?.length)?.indicators ?? [],
		sessions: found.reduce((sum, one) => sum + (one.sessions_affected ?? 0), 0),
		share: mean(found.map((one) => [one.sessions_affected_ratio, lookedAt(one)])),
		success: mean(found.map((one) => [one.segments_success_ratio, one.occurrences || one.examples || 1])),
		found: newest,
		summaries: new Set(found.map((one) => one.summary.id)).size,
	};
}

/** @type {Record<string, (a: Group, b: Group) => number>} */
const ORDERS = {
	severity: (a, b) => rankOf(a.severity) - rankOf(b.severity) || ORDERS.sessions(a, b),
	sessions: (a, b) => b.sessions - a.sessions || (b.share ?? 0) - (a.share ?? 0) || compare(a.key, b.key),
};

/** @param {FoundPattern[]} found @param {string} order */
export function groupPatterns(found, order) {
	/** @type {Map<string, FoundPattern[]>} */
	const byName = new Map();
	for (const one of found) {
		// What has no name is like nothing else.
		const key = nameKey(one.name) || `${one.summary.id} ${one.position}`;
		const list = byName.get(key);
		if (list) list.push(one);
		else byName.set(key, [one]);
	}
	return [...byName].map(([key, list]) => makeGroup(key, list)).sort(Object.hasOwn(ORDERS, order) ? ORDERS[order] : ORDERS.severity);
}
