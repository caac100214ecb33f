// The filters of the list. All of them stand in the address.
import { change, go, href } from '../base/address.js';
import { formatPerson } from '../base/format.js';
import { html } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { Field, Select, useTyped } from '../parts/fields.js';
import { KNOWN } from '../parts/severity.js';
import { t } from '../texts.js';
import { FILTERS, readPeople } from './read.js';

/** @import { Query } from '../types.js' */

// Another filter is another list, which begins at its first page.
const FIRST_PAGE = { cursor: '', offset: '' };

/** @param {Record<string, string>} changes @param {{ replace: boolean }} [how] */
const set = (changes, how) => change({ ...changes, ...FIRST_PAGE }, how);

/** @param {{ query: Query }} props */
function Search({ query }) {
	const scope = query.q ? 'q' : query.in === 'q' ? 'q' : 'search';
	const [typed, setTyped] = useTyped(query[scope] ?? '', (value) => set({ search: '', q: '', [scope]: value }, { replace: true }));
	return html`
		<div class="search-row">
			<${Field} label=${t.list.search} type="search" wide value=${typed} placeholder=${t.list.placeholder[scope]} onInput=${setTyped} />
			<${Select} label=${t.list.scope} value=${scope} options=${t.list.scopes}
				onChange=${(/** @type {string} */ value) => set({ search: '', q: '', in: value === 'q' ? 'q' : '', [value]: typed }, { replace: true })} />
		</div>`;
}

/** @param {{ query: Query, project: string }} props */
function People({ query, project }) {
	const { data } = useLoad(`people ${project}`, (signal) => readPeople(project, signal));
	/** @type {Record<string, string>} */
	const options = { '': t.list.anybody };
	for (const person of data ?? []) options[person.uuid] = formatPerson(person);
	const chosen = query.created_by ?? '';
	if (chosen && !options[chosen]) options[chosen] = t.nobody;
	return html`<${Select} label=${t.list.person} value=${chosen} options=${options} onChange=${(/** @type {string} */ value) => set({ created_by: value })} />`;
}

/** @param {{ query: Query, name: string, label: string, type?: string }} props */
function Typed({ query, name, label, type = 'text' }) {
	const [typed, setTyped] = useTyped(query[name] ?? '', (value) => set({ [name]: value }, { replace: true }));
	return html`<${Field} label=${label} type=${type} value=${typed} onInput=${setTyped} />`;
}

/** @param {{ query: Query, project: string }} props */
export function Filters({ query, project }) {
	const used = FILTERS.some((name) => query[name]);
	const folded = ['created_by', 'from', 'to', 'session_id'].some((name) => query[name]);
	const orders = query.q ? { ...t.list.orders, '': t.list.best, '-created_at': t.list.orders[''] } : t.list.orders;
	return html`
		<form class="controls list-controls" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
			<${Search} query=${query} />
			<${Select} label=${t.severityLabel} value=${query.severity ?? ''}
				options=${{ '': t.anySeverity, ...Object.fromEntries(KNOWN.map((one) => [one, t.severity[one]])) }}
				onChange=${(/** @type {string} */ value) => set({ severity: value })} />
			<${Select} label=${t.list.order} value=${query.order ?? ''} options=${orders} onChange=${(/** @type {string} */ value) => set({ order: value })} />
			<details class="more-filters" open=${folded}><summary>${t.list.more}</summary>
				<div class="controls">
					<${People} query=${query} project=${project} />
					<${Typed} query=${query} name="from" label=${t.list.from} type="date" />
					<${Typed} query=${query} name="to" label=${t.list.to} type="date" />
					<${Typed} query=${query} name="session_id" label=${t.list.session} />
				</div>
			</details>
			${used && html`<button type="button" class="plain" onClick=${() => go(href(['projects', project, 'summaries']))}>${t.list.clear}</button>`}
		</form>`;
}
