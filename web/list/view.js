// The summaries of a project, a page of them.
import { href } from '../base/address.js';
import { nextOf } from '../base/api.js';
import { formatDay, formatMoment, formatNumber, formatPerson } from '../base/format.js';
import { html } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { Title } from '../parts/frame.js';
import { SeverityBar } from '../parts/severity.js';
import { Empty, Loaded } from '../parts/states.js';
import { t } from '../texts.js';
import { Filters } from './filters.js';
import { askedFor, FILTERS, readList, readSeverities } from './read.js';

/** @import { ListItem, Page, Query, SeverityCounts } from '../types.js' */

/** @param {{ item: ListItem, project: string, counts?: SeverityCounts }} props */
const Row = ({ item, project, counts }) => html`
	<tr role="row">
		<th role="rowheader" scope="row" class="cell-name"><a href=${href(['projects', project, 'summaries', item.id])}><bdi>${item.title}</bdi></a></th>
		<td role="cell" class="cell-severities">${counts && html`<${SeverityBar} counts=${counts} />`}</td>
		<td role="cell" class="cell-number" data-label=${t.list.columns.sessions}>${formatNumber(item.session_count)}</td>
		<td role="cell" class="cell-who" data-label=${t.list.columns.who}><bdi>${formatPerson(item.created_by)}</bdi></td>
		<td role="cell" class="cell-when" data-label=${t.list.columns.when}><time datetime=${item.created_at} title=${formatMoment(item.created_at)}>${formatDay(item.created_at)}</time></td>
	</tr>`;

/** @param {{ items: ListItem[], project: string }} props */
function Table({ items, project }) {
	const ids = items.map((one) => one.id);
	const { data: severities } = useLoad(`severities ${project} ${ids.join()}`, (signal) => readSeverities(project, ids, signal));
	const columns = t.list.columns;
	return html`
		<table role="table" class="list summaries" aria-label=${t.list.title}>
			<thead role="rowgroup"><tr role="row">
				<th role="columnheader" scope="col">${columns.title}</th><th role="columnheader" scope="col">${columns.severities}</th>
				<th role="columnheader" scope="col" class="cell-number">${columns.sessions}</th>
				<th role="columnheader" scope="col">${columns.who}</th><th role="columnheader" scope="col">${columns.when}</th>
			</tr></thead>
			<tbody role="rowgroup">${items.map((item) => html`<${Row} key=${item.id} item=${item} project=${project} counts=${severities?.get(item.id)} />`)}</tbody>
		</table>`;
}

/** @param {{ page: Page<ListItem>, project: string, query: Query }} props */
function Pages({ page, project, query }) {
	const path = ['projects', project, 'summaries'];
	const next = nextOf(page.next);
	const later = query.cursor || query.offset;
	if (!next && !later) return null;
	return html`
		<nav class="pages" aria-label=${t.list.pages}>
			${later && html`<a class="button" href=${href(path, { ...query, cursor: '', offset: '' })}>${t.list.first}</a>`}
			${next && html`<a class="button" href=${href(path, { ...query, cursor: '', offset: '', ...next })}>${t.list.next}</a>`}
		</nav>`;
}

/** @param {{ page: Page<ListItem>, project: string, query: Query }} props */
function Shown({ page, project, query }) {
	const filtered = FILTERS.some((name) => query[name]);
	if (!page.results.length) {
		return filtered ? html`<${Empty} title=${t.list.noneFound}><p>${t.list.noneFoundText}</p><//>` : html`<${Empty} title=${t.list.empty}><p>${t.list.emptyText}</p><//>`;
	}
	return html`
		<p class="hint" role="status">${page.results.length < page.count ? t.list.counted(page.results.length, page.count) : t.list.count(page.count)}</p>
		<${Table} items=${page.results} project=${project} />
		<${Pages} page=${page} project=${project} query=${query} />`;
}

/** @param {{ project: string, projectName: string, query: Query, mayWrite: boolean }} props */
export function List({ project, projectName, query, mayWrite }) {
	const load = useLoad(`list ${project} ${JSON.stringify(askedFor(query))}`, (signal) => readList(project, query, signal));
	return html`
		<div class="head">
			<${Title} title=${t.list.title} name=${`${t.list.title}, ${projectName}`} />
			${mayWrite && html`<a class="button primary" href=${href(['projects', project, 'new'])}>${t.list.create}</a>`}
		</div>
		<${Filters} query=${query} project=${project} />
		<${Loaded} load=${load} rows=${10}>${(/** @type {Page<ListItem>} */ page) => html`<${Shown} page=${page} project=${project} query=${query} />`}<//>`;
}
