// All patterns of a project, a row each, which opens where it stands.
import { href } from '../base/address.js';
import { formatDay, formatNumber, formatRatio } from '../base/format.js';
import { html, useState } from '../base/html.js';
import { Bar, Spark } from '../parts/charts.js';
import { SeverityBadge } from '../parts/severity.js';
import { t } from '../texts.js';
import { stretchOf } from './time.js';

/** @import { Group } from './group.js' */
/** @import { Stretches } from './time.js' */

const AT_ONCE = 50;
const SUMMARIES_AT_ONCE = 10;

/** @param {Group} group @param {Stretches} stretches */
function overTime(group, stretches) {
	const values = Array.from({ length: stretches.number }, () => 0);
	for (const one of group.found) values[stretchOf(stretches, one.summary.created_at)] += one.sessions_affected ?? 0;
	return values;
}

/** @param {{ group: Group, project: string }} props */
function SeenIn({ group, project }) {
	const [shown, setShown] = useState(SUMMARIES_AT_ONCE);
	const rest = group.found.length - shown;
	return html`
		<h3>${t.hurts.seenIn}</h3>
		<ul class="seen-in">
			${group.found.slice(0, shown).map((one) => html`
				<li key=${`${one.summary.id} ${one.position}`}>
					<a href=${href(['projects', project, 'summaries', one.summary.id], { pattern: one.position })}><bdi>${one.summary.title}</bdi></a>
					<span class="hint">${formatDay(one.summary.created_at)} · ${t.hurts.sessionsIn(one.sessions_affected, formatRatio(one.sessions_affected_ratio))}</span>
				</li>`)}
		</ul>
		${rest > 0 && html`<button type="button" class="small" onClick=${() => setShown(shown + 50)}>${t.hurts.more(Math.min(50, rest))}</button>`}`;
}

/** @param {{ group: Group, project: string }} props */
const Opened = ({ group, project }) => html`
	<p dir="auto">${group.description}</p>
	${group.indicators.length > 0 && html`
		<h3>${t.hurts.indicators}</h3>
		<ul class="indicators">${group.indicators.map((one, n) => html`<li key=${n} dir="auto">${one}</li>`)}</ul>`}
	<${SeenIn} group=${group} project=${project} />`;

/** @param {{ group: Group, project: string, most: number, stretches: Stretches, number: number }} props */
function Row({ group, project, most, stretches, number }) {
	const [open, setOpen] = useState(false);
	const id = `group-${number}`;
	return html`
		<tr role="row" class=${open ? 'open' : ''}>
			<th role="rowheader" scope="row" class="cell-name">
				<button type="button" class="row-button" aria-expanded=${open ? 'true' : 'false'} aria-controls=${id} onClick=${() => setOpen(!open)}>
					<span class="chevron" aria-hidden="true"></span><bdi>${group.name}</bdi></button>
			</th>
			<td role="cell" class="cell-severity"><${SeverityBadge} severity=${group.severity} /></td>
			<td role="cell" class="cell-sessions" data-label=${t.hurts.columns.sessions}><span class="number">${formatNumber(group.sessions)}</span>
				<${Bar} share=${group.sessions / most} severity=${group.severity} /></td>
			<td role="cell" class="cell-number" data-label=${t.hurts.columns.share}>${formatRatio(group.share)}</td>
			<td role="cell" class="cell-number" data-label=${t.hurts.columns.summaries}>${formatNumber(group.summaries)}</td>
			<td role="cell" class="cell-trend" data-label=${t.hurts.columns.trend}><${SparkOf} group=${group} stretches=${stretches} /></td>
		</tr>
		<tr role="row" class="opened" id=${id} hidden=${!open}><td role="cell" colspan="6">${open && html`<${Opened} group=${group} project=${project} />`}</td></tr>`;
}

/** @param {{ group: Group, stretches: Stretches }} props */
function SparkOf({ group, stretches }) {
	const values = overTime(group, stretches);
	return html`<${Spark} values=${values} severity=${group.severity} label=${t.hurts.trend(values)} />`;
}

/** @param {{ groups: Group[], project: string, stretches: Stretches }} props */
export function GroupTable({ groups, project, stretches }) {
	const [shown, setShown] = useState(AT_ONCE);
	const most = Math.max(1, ...groups.map((group) => group.sessions));
	const columns = t.hurts.columns;
	const rest = groups.length - shown;
	return html`
		<section aria-labelledby="all-patterns">
			<h2 id="all-patterns">${t.hurts.table}</h2>
			<table role="table" class="list groups" aria-labelledby="all-patterns">
				<thead role="rowgroup"><tr role="row">
					<th role="columnheader" scope="col">${columns.pattern}</th><th role="columnheader" scope="col">${t.severityLabel}</th>
					<th role="columnheader" scope="col">${columns.sessions}</th><th role="columnheader" scope="col" class="cell-number">${columns.share}</th>
					<th role="columnheader" scope="col" class="cell-number">${columns.summaries}</th><th role="columnheader" scope="col">${columns.trend}</th>
				</tr></thead>
				<tbody role="rowgroup">${groups.slice(0, shown).map((group, n) => html`
					<${Row} key=${group.key} number=${n} group=${group} project=${project} most=${most} stretches=${stretches} />`)}</tbody>
			</table>
			${rest > 0 && html`<button type="button" onClick=${() => setShown(shown + AT_ONCE)}>${t.hurts.more(Math.min(AT_ONCE, rest))}</button>`}
		</section>`;
}
