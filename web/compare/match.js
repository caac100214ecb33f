// What has become of the patterns of before: gone, new, better, worse.
import { groupPatterns } from '../hurts/group.js';
import { rankOf } from '../parts/severity.js';

/** @import { FoundPattern, Pattern, SummaryObject } from '../types.js' */
/** @import { Group } from '../hurts/group.js' */

/** @typedef {'new' | 'worse' | 'better' | 'gone' | 'same'} Change */
/** @typedef {{ change: Change, before: Group | undefined, after: Group | undefined }} Pair */

/** @type {Change[]} */
export const CHANGES = ['new', 'worse', 'better', 'gone', 'same'];

// A share of the sessions that differs by less than this says nothing.
const NOTABLE = .02;

/** @param {Group} before @param {Group} after @returns {Change} */
function compareGroups(before, after) {
	const severity = rankOf(before.severity) - rankOf(after.severity);
	if (severity) return severity > 0 ? 'worse' : 'better';
	// Without shares the number of sessions has to do.
	const difference = before.share === null || after.share === null ? after.sessions - before.sessions : after.share - before.share;
	if (Math.abs(difference) < NOTABLE) return 'same';
	return difference > 0 ? 'worse' : 'better';
}

/** @param {FoundPattern[]} before @param {FoundPattern[]} after @returns {Pair[]} */
export function matchPatterns(before, after) {
	const earlier = new Map(groupPatterns(before, 'severity').map((group) => [group.key, group]));
	const later = groupPatterns(after, 'severity');
	/** @type {Pair[]} */
	const pairs = later.map((group) => {
		const old = earlier.get(group.key);
		earlier.delete(group.key);
		return { change: old ? compareGroups(old, group) : 'new', before: old, after: group };
	});
	for (const group of earlier.values()) pairs.push({ change: 'gone', before: group, after: undefined });
	return pairs;
}

/** A summary's patterns as those that GET …/patterns/ gives. @param {SummaryObject} summary @param {Pattern[]} patterns @returns {FoundPattern[]} */
export function asFound(summary, patterns) {
	return patterns.map((pattern) => ({
		summary: { id: summary.id, title: summary.title, created_at: summary.created_at },
		position: pattern.position,
		name: pattern.name,
		description: pattern.description,
		severity: pattern.severity,
		indicators: pattern.indicators,
		sessions_affected: pattern.sessionsAffected,
		occurrences: pattern.occurrences,
		sessions_affected_ratio: pattern.affectedRatio,
		segments_success_ratio: pattern.successRatio,
		examples: pattern.examples.length,
	}));
}
