// Two stretches of time side by side.
import { change } from '../base/address.js';
import { html, useMemo, useState } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { readPatterns } from '../hurts/read.js';
import { Field, Select } from '../parts/fields.js';
import { Loaded } from '../parts/states.js';
import { t } from '../texts.js';
import { Result } from './result.js';

/** @import { FoundPattern, Query } from '../types.js' */

const DAY = 86_400_000;
const USUAL = '30d';

/** @typedef {{ start: number, end: number }} Period */

/** A day of the address, in this browser's time zone. @param {string | undefined} day */
const startOf = (day) => (day && /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T00:00:00`).valueOf() : NaN);

/** @param {string | undefined} from @param {string | undefined} to @returns {Period | null} */
function ownPeriod(from, to) {
	const period = { start: startOf(from), end: startOf(to) + DAY };
	return period.end > period.start ? period : null;
}

/** @param {Query} query @param {number} now @returns {[Period | null, Period | null]} */
function periodsOf(query, now) {
	if (query.days === 'own') return [ownPeriod(query.a_from, query.a_to), ownPeriod(query.b_from, query.b_to)];
	const length = Number.parseInt(query.days ?? USUAL, 10) * DAY || 30 * DAY;
	return [{ start: now - 2 * length, end: now - length }, { start: now - length, end: now }];
}

/** @param {FoundPattern[]} found @param {Period} period */
function within(found, { start, end }) {
	return found.filter((one) => {
		const at = Date.parse(one.summary.created_at);
		return at >= start && at < end;
	});
}

/** @param {{ query: Query, side: string, label: string }} props */
const Dates = ({ query, side, label }) => html`
	<fieldset class="side-choice"><legend>${label}</legend>
		${/** @type {const} */ (['from', 'to']).map((name) => html`
			<${Field} key=${name} label=${t.compare[name]} type="date" value=${query[`${side}_${name}`] ?? ''}
				onInput=${(/** @type {string} */ value) => change({ [`${side}_${name}`]: value }, { replace: true })} />`)}
	</fieldset>`;

/** @param {{ data: { found: FoundPattern[], count: number }, before: Period, after: Period, project: string }} props */
function Both({ data, before, after, project }) {
	const [earlier, later] = useMemo(
		() => [within(data.found, before), within(data.found, after)],
		[data, before.start, before.end, after.start, after.end],
	);
	return html`
		${data.count > data.found.length && html`<p class="notice">${t.hurts.part(data.found.length, data.count)}</p>`}
		<${Result} before=${earlier} after=${later} project=${project} />`;
}

/** @param {{ project: string, query: Query }} props */
export function TwoPeriods({ project, query }) {
	const [now] = useState(Date.now());
	const [before, after] = periodsOf(query, now);
	const valid = before && after;
	const since = valid ? new Date(Math.min(before.start, after.start) - 1).toISOString() : '';
	const load = useLoad(since && `periods ${project} ${since}`, (signal) => readPatterns(project, since, signal));
	return html`
		<div class="sides">
			<${Select} label=${t.compare.preset} value=${query.days ?? USUAL} options=${t.compare.presets}
				onChange=${(/** @type {string} */ value) => change({ days: value === USUAL ? '' : value })} />
			${query.days === 'own' && html`<${Dates} query=${query} side="a" label=${t.compare.before} /><${Dates} query=${query} side="b" label=${t.compare.after} />`}
		</div>
		${valid ? html`<${Loaded} load=${load}>${(/** @type {any} */ data) => html`<${Both} data=${data} before=${before} after=${after} project=${project} />`}<//>`
			: html`<p role="status">${t.compare.datesWrong}</p>`}`;
}
