// Two summaries side by side.
import { change } from '../base/address.js';
import { getWithTag, oneSummary } from '../base/api.js';
import { formatDay } from '../base/format.js';
import { html, useMemo, useState } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { readList } from '../list/read.js';
import { Field, Select, useTyped } from '../parts/fields.js';
import { Loaded } from '../parts/states.js';
import { readDocument } from '../document/read.js';
import { t } from '../texts.js';
import { asFound } from './match.js';
import { Result } from './result.js';

/** @import { ListItem, Page, Query, SummaryObject } from '../types.js' */

/** @param {string} title @param {string} at */
const named = (title, at) => `${title.length > 80 ? `${title.slice(0, 80)}…` : title} · ${formatDay(at)}`;

/** @param {{ project: string, label: string, name: string, value: string, known?: SummaryObject }} props */
function Picker({ project, label, name, value, known }) {
	const [search, setSearch] = useState('');
	const [typed, setTyped] = useTyped(search, setSearch);
	const { data } = useLoad(`picker ${project} ${search}`, (signal) => readList(project, { search }, signal));
	/** @type {Record<string, string>} */
	const options = { '': t.compare.choose };
	if (value) options[value] = known ? named(known.title, known.created_at) : value;
	/** @type {Page<ListItem> | undefined} */
	const page = data;
	for (const item of page?.results ?? []) options[item.id] = named(item.title, item.created_at);
	return html`
		<fieldset class="side-choice"><legend>${label}</legend>
			<${Field} label=${t.compare.find} type="search" value=${typed} onInput=${setTyped} />
			<${Select} label=${t.compare.choose} value=${value} options=${options} onChange=${(/** @type {string} */ id) => change({ [name]: id })} />
		</fieldset>`;
}

/** @param {string} project @param {string} id */
const useSummary = (project, id) => useLoad(id && `summary ${project} ${id}`, (signal) => getWithTag(oneSummary(project, id), { signal }));

/** @param {{ one: SummaryObject, other: SummaryObject, project: string }} props */
function Both({ one, other, project }) {
	const before = useMemo(() => asFound(one, readDocument(one.summary).patterns), [one]);
	const after = useMemo(() => asFound(other, readDocument(other.summary).patterns), [other]);
	return html`<${Result} before=${before} after=${after} project=${project} />`;
}

/** @param {{ project: string, query: Query }} props */
export function TwoSummaries({ project, query }) {
	const { a = '', b = '' } = query;
	const [one, other] = [useSummary(project, a), useSummary(project, b)];
	let result = html`<p role="status">${t.compare.hint}</p>`;
	if (a && a === b) result = html`<p role="status">${t.compare.sameSummary}</p>`;
	else if (a && b) {
		result = html`<${Loaded} load=${one}>${(/** @type {any} */ first) => html`
			<${Loaded} load=${other}>${(/** @type {any} */ second) => html`<${Both} one=${first.value} other=${second.value} project=${project} />`}<//>`}<//>`;
	}
	return html`
		<div class="sides">
			<${Picker} project=${project} label=${t.compare.before} name="a" value=${a} known=${one.data?.value} />
			<button type="button" class="swap" onClick=${() => change({ a: b, b: a })} aria-label=${t.compare.swap} title=${t.compare.swap}>⇄</button>
			<${Picker} project=${project} label=${t.compare.after} name="b" value=${b} known=${other.data?.value} />
		</div>
		${result}`;
}
