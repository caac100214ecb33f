// Who changed a summary, when, and what: before and after.
import { get, oneSummary } from '../base/api.js';
import { formatBytes, formatMoment, formatNumber, formatPerson } from '../base/format.js';
import { html, useState } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { Loaded } from '../parts/states.js';
import { t } from '../texts.js';

/** @import { ActivityRecord, Page } from '../types.js' */

const PAGE = 20;

/** @param {unknown} value */
function asText(value) {
	if (value === null || value === undefined) return t.none;
	return typeof value === 'string' ? value : JSON.stringify(value);
}

/** @param {{ change: Record<string, any> & { field: string } }} props */
function Change({ change }) {
	const label = t.summary.fields[/** @type {keyof typeof t.summary.fields} */ (change.field)] ?? change.field;
	let before;
	let after;
	if ('before_count' in change) {
		[before, after] = [change.before_count, change.after_count].map((n) => (n === null ? t.none : formatNumber(n)));
	} else if ('before_bytes' in change) {
		[before, after] = [change.before_bytes, change.after_bytes].map((n) => (n === null ? t.none : formatBytes(n)));
	} else {
		[before, after] = [asText(change.before), asText(change.after)];
	}
	return html`
		<div><dt>${label}</dt><dd><del><bdi>${before}</bdi></del> <span aria-hidden="true">→</span> <ins><bdi>${after}</bdi></ins>
			${change.added?.length > 0 && html`<p class="hint">${t.summary.added}: ${change.added.join(', ')}</p>`}
			${change.removed?.length > 0 && html`<p class="hint">${t.summary.removed}: ${change.removed.join(', ')}</p>`}</dd></div>`;
}

/** @param {{ record: ActivityRecord }} props */
export const HistoryRecord = ({ record }) => html`
	<li class="record">
		<p><strong>${t.summary.did[record.activity]}</strong> ${formatMoment(record.at)}${record.user && html` ${t.summary.by} <bdi>${formatPerson(record.user)}</bdi>`}
			<span class="hint"> ${t.summary.how[/** @type {keyof typeof t.summary.how} */ (record.how)] ?? record.how} ${record.api_key ?? ''}</span></p>
		${record.changes.length
			? html`<dl>${record.changes.map((change) => html`<${Change} key=${change.field} change=${change} />`)}</dl>`
			: html`<p class="hint">${t.summary.nothingChanged}</p>`}
	</li>`;

/** @param {string} project @param {string} id @param {number} limit @param {AbortSignal} [signal] @returns {Promise<Page<ActivityRecord>>} */
export const readHistory = (project, id, limit, signal) => get(`${oneSummary(project, id)}activity/`, { query: { limit }, signal });

/** @param {{ project: string, id: string }} props */
export function History({ project, id }) {
	const [limit, setLimit] = useState(PAGE);
	const load = useLoad(`history ${project} ${id} ${limit}`, (signal) => readHistory(project, id, limit, signal));
	return html`<${Loaded} load=${load}>${(/** @type {Page<ActivityRecord>} */ page) => html`
		${page.results.length ? html`<ol class="history">${page.results.map((record) => html`<${HistoryRecord} key=${record.seq} record=${record} />`)}</ol>`
			: html`<p class="hint">${t.summary.historyEmpty}</p>`}
		${page.next && limit < 1000 && html`<button type="button" class="small" onClick=${() => setLimit(limit + 100)}>${t.summary.olderHistory}</button>`}`}<//>`;
}
