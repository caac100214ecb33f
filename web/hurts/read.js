// The patterns of a project's summaries since a time, the worst first.
import { get, summaries } from '../base/api.js';

/** @import { FoundPattern, Page } from '../types.js' */

const PAGE = 1000;
const MOST = 5000;

/** What since= is for each period. */
export const SINCE = /** @type {const} */ ({ '7d': '-7d', '30d': '-30d', '90d': '-90d', all: '1970' });

/**
 * @param {string} project @param {string} since @param {AbortSignal} signal @param {string} [severity]
 * @returns {Promise<{ found: FoundPattern[], count: number }>}  the worst of them, and how many there are
 */
export async function readPatterns(project, since, signal, severity) {
	/** @type {FoundPattern[]} */
	const found = [];
	for (;;) {
		/** @type {Page<FoundPattern>} */
		const page = await get(summaries(project, 'patterns/'), {
			query: { since, severity: severity || undefined, limit: PAGE, offset: found.length }, signal,
		});
		found.push(...page.results);
		if (!page.next || !page.results.length || found.length >= MOST) return { found, count: page.count };
	}
}
