// What went wrong with a change, and what somebody else did meanwhile.
import { html } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { Loaded } from '../parts/states.js';
import { HistoryRecord, readHistory } from '../history/view.js';
import { t } from '../texts.js';

/** @import { ActivityRecord, Page } from '../types.js' */

/** @param {{ error: any }} props */
function Told({ error }) {
	const known = t.failures[/** @type {keyof typeof t.failures} */ (error.kind)] ?? t.failures.broken;
	// No answer, or one that was lost on the way.
	const unsure = error.kind === 'unreachable' || error.status === 502 || error.status === 504 || error.status === 500;
	return html`<div class="problem" role="alert"><p><strong>${known.title}.</strong> ${unsure ? t.change.unsure : known.text}</p>
		${error.detail && error.kind !== 'unreachable' && html`<p>${t.serverSaid} <bdi>${error.detail}</bdi></p>`}</div>`;
}

/** @param {{ project: string, id: string, look: () => void }} props */
function Conflict({ project, id, look }) {
	const load = useLoad(`conflict ${project} ${id}`, (signal) => readHistory(project, id, 3, signal));
	return html`
		<div class="conflict" role="alert"><h3>${t.change.conflictTitle}</h3><p>${t.change.conflictText}</p></div>
		<${Loaded} load=${load} rows=${2}>${(/** @type {Page<ActivityRecord>} */ page) => html`
			<ol class="history">${page.results.slice(0, 1).map((record) => html`<${HistoryRecord} key=${record.seq} record=${record} />`)}</ol>`}<//>
		<p class="actions"><button type="button" class="primary" onClick=${look}>${t.change.look}</button></p>`;
}

/** @param {{ error: any, project: string, id: string, look: () => void }} props */
export function Problem({ error, project, id, look }) {
	if (!error || error.kind === 'key') return null;
	if (error.kind === 'conflict') return html`<${Conflict} project=${project} id=${id} look=${look} />`;
	if (error.kind === 'missing') {
		return html`<div class="problem" role="alert"><p>${t.change.conflictGone}</p></div>
			<p class="actions"><button type="button" onClick=${look}>${t.change.look}</button></p>`;
	}
	return html`<${Told} error=${error} />`;
}
