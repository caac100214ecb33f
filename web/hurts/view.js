// What hurts most in a project: the worst pattern, how it went over time, and all of them.
import { change, href } from '../base/address.js';
import { formatNumber, formatRatio } from '../base/format.js';
import { html, useMemo, useState } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { Field, Select, useTyped } from '../parts/fields.js';
import { Title } from '../parts/frame.js';
import { KNOWN, SeverityBadge } from '../parts/severity.js';
import { Empty, Loaded } from '../parts/states.js';
import { t } from '../texts.js';
import { Chart } from './chart.js';
import { groupPatterns } from './group.js';
import { readPatterns, SINCE } from './read.js';
import { GroupTable } from './table.js';
import { stretchesOf } from './time.js';

/** @import { FoundPattern, Query } from '../types.js' */
/** @import { Group } from './group.js' */

const USUAL = '30d';

/** @param {Query} query @returns {keyof typeof SINCE} */
const periodOf = (query) => (Object.hasOwn(SINCE, query.since ?? '') ? /** @type {keyof typeof SINCE} */ (query.since) : USUAL);

/** @param {{ query: Query }} props */
function Controls({ query }) {
	const [find, setFind] = useTyped(query.find ?? '', (value) => change({ find: value }, { replace: true }));
	return html`
		<form class="controls" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
			<${Select} label=${t.hurts.period} value=${periodOf(query)} options=${t.hurts.periods}
				onChange=${(/** @type {string} */ value) => change({ since: value === USUAL ? '' : value })} />
			<${Select} label=${t.severityLabel} value=${query.severity ?? ''}
				options=${{ '': t.anySeverity, ...Object.fromEntries(KNOWN.map((one) => [one, t.severity[one]])) }}
				onChange=${(/** @type {string} */ value) => change({ severity: value })} />
			<${Select} label=${t.hurts.order} value=${query.order ?? 'severity'} options=${t.hurts.orders}
				onChange=${(/** @type {string} */ value) => change({ order: value === 'severity' ? '' : value })} />
			<${Field} label=${t.hurts.find} type="search" value=${find} onInput=${setFind} />
		</form>`;
}

/** The summary that tells most of a pattern. @param {Group} group */
function tellingMost(group) {
	return [...group.found].sort((a, b) => (b.sessions_affected ?? 0) - (a.sessions_affected ?? 0))[0];
}

/** @param {{ group: Group, project: string, all: number }} props */
function Worst({ group, project, all }) {
	const one = tellingMost(group);
	const link = href(['projects', project, 'summaries', one.summary.id], { pattern: one.position, example: one.examples ? 1 : '' });
	return html`
		<section class="worst sev-edge sev-${group.severity}" aria-labelledby="worst">
			<p class="eyebrow">${t.hurts.worst} <${SeverityBadge} severity=${group.severity} /></p>
			<h2 id="worst"><bdi>${group.name}</bdi></h2>
			<p class="worst-text" dir="auto">${group.description}</p>
			<dl class="figures">
				<div><dt>${t.hurts.sessionsAffected}</dt><dd>${formatNumber(group.sessions)}</dd></div>
				${group.share !== null && html`<div><dt>${t.hurts.shareOf}</dt><dd>${formatRatio(group.share)}</dd></div>`}
				${group.success !== null && html`<div><dt>${t.hurts.endedWell}</dt><dd>${formatRatio(group.success)}</dd></div>`}
			</dl>
			<p class="actions"><a class="button primary" href=${link}>${t.hurts.seeSession}</a>
				<span class="hint">${t.hurts.inSummaries(group.summaries, all)}</span></p>
		</section>`;
}

/** @param {Group} group @param {string} words */
const says = (group, words) => `${group.name}\n${group.description}\n${group.indicators.join('\n')}`.toLowerCase().includes(words);

/** @param {{ project: string, query: Query, data: { found: FoundPattern[], count: number } }} props */
function Found({ project, query, data }) {
	const order = query.order ?? 'severity';
	const [now] = useState(Date.now());
	const groups = useMemo(() => groupPatterns(data.found, order), [data, order]);
	const summaries = useMemo(() => new Set(data.found.map((one) => one.summary.id)).size, [data]);
	const stretches = useMemo(() => {
		const oldest = data.found.reduce((least, one) => Math.min(least, Date.parse(one.summary.created_at) || least), now);
		const days = /^(\d+)d$/.exec(periodOf(query))?.[1];
		return stretchesOf(days ? now - Number(days) * 86_400_000 : oldest, now);
	}, [data, query.since]);
	const words = (query.find ?? '').toLowerCase().trim();
	const shown = words ? groups.filter((group) => says(group, words)) : groups;

	if (!groups.length) {
		return html`<${Empty} title=${t.hurts.empty}><p>${t.hurts.emptyText}</p>
			${periodOf(query) !== 'all' && html`<p><a class="button" href=${href(['projects', project], { ...query, since: 'all' })}>${t.hurts.lookAtAll}</a></p>`}<//>`;
	}
	return html`
		<p class="lead">${t.hurts.lead(groups.length, summaries, t.hurts.ofPeriod[periodOf(query)])}</p>
		${data.count > data.found.length && html`<p class="notice">${t.hurts.part(data.found.length, data.count)}</p>`}
		${shown.length ? html`
			<div class="hurts-top">
				<${Worst} group=${shown[0]} project=${project} all=${summaries} />
				<${Chart} found=${shown.flatMap((group) => group.found)} stretches=${stretches} />
			</div>
			<${GroupTable} groups=${shown} project=${project} stretches=${stretches} />
			<p class="hint method">${t.hurts.method}</p>`
			: html`<p role="status">${t.hurts.noneFound}</p>`}`;
}

/** @param {{ project: string, projectName: string, query: Query }} props */
export function Hurts({ project, projectName, query }) {
	const severity = KNOWN.find((one) => one === query.severity) ?? '';
	const period = periodOf(query);
	const load = useLoad(`hurts ${project} ${period} ${severity}`, (signal) => readPatterns(project, SINCE[period], signal, severity));
	return html`
		<div class="head">
			<${Title} title=${t.hurts.title} name=${`${t.hurts.title}, ${projectName}`} />
			<${Controls} query=${query} />
		</div>
		<${Loaded} load=${load} rows=${8}>${(/** @type {any} */ data) => html`<${Found} project=${project} query=${query} data=${data} />`}<//>`;
}
