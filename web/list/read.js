// A page of a project's summaries, as the address asks for it.
import { get, summaries } from '../base/api.js';

/** @import { ListItem, Page, Person, Query, SeverityCounts } from '../types.js' */
import { noCounts, severityOf } from '../parts/severity.js';

export const PAGE = 50;

/** The parameters of the address that are filters. */
export const FILTERS = ['search', 'q', 'severity', 'created_by', 'from', 'to', 'session_id'];

/** A filter's end is before the next day. @param {string} day */
function dayAfter(day) {
	const date = new Date(`${day}T00:00:00Z`);
	if (Number.isNaN(date.valueOf())) return day;
	date.setUTCDate(date.getUTCDate() + 1);
	return date.toISOString().slice(0, 10);
}

/** The list's query for an address. A list of the best matches has no cursors. @param {Query} query */
export function askedFor(query) {
	const { search, q, severity, created_by: createdBy, from, to, session_id: sessionId, order, cursor, offset } = query;
	const best = Boolean(q && !order);
	return {
		search, q, severity, created_by: createdBy, session_id: sessionId, order,
		date_from: from, date_to: to && dayAfter(to),
		limit: PAGE,
		...(best ? { offset } : { cursor: cursor ?? '' }),
	};
}

/** @param {string} project @param {Query} query @param {AbortSignal} signal @returns {Promise<Page<ListItem>>} */
export const readList = (project, query, signal) => get(summaries(project), { query: askedFor(query), signal });

const ROWS = 1000;

/**
 * How many patterns of each severity some summaries have, from the native door.
 * @param {string} project @param {string[]} ids @param {AbortSignal} signal @returns {Promise<Map<string, SeverityCounts>>}
 */
export async function readSeverities(project, ids, signal) {
	/** @type {Map<string, SeverityCounts>} */
	const counts = new Map(ids.map((id) => [id, noCounts()]));
	for (let offset = 0; ; offset += ROWS) {
		/** @type {Array<{ summary_id: string, severity: string | null }>} */
		const rows = await get('rest/v1/session_group_patterns', {
			query: { select: 'summary_id,severity', project_id: `eq.${project}`, summary_id: `in.(${ids.join(',')})`, order: 'summary_id,position', limit: ROWS, offset },
			signal,
		});
		for (const { summary_id: id, severity } of rows) {
			const own = counts.get(id);
			if (own) own[severityOf(severity)]++;
		}
		if (rows.length < ROWS) return counts;
	}
}

/** The people of a project. @param {string} project @param {AbortSignal} signal @returns {Promise<Person[]>} */
export const readPeople = (project, signal) => get('rest/v1/project_users', {
	query: { select: 'uuid,first_name,last_name,email', project_id: `eq.${project}`, order: 'first_name,last_name' }, signal,
});
