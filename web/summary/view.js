// One summary: what it is, what can be done with it, its patterns, and what is folded below.
import { change, href, wholeAddress } from '../base/address.js';
import { getWithTag, oneSummary } from '../base/api.js';
import { formatMoment, formatPerson } from '../base/format.js';
import { html, useMemo, useState } from '../base/html.js';
import { useLoad } from '../base/load.js';
import { Delete } from '../change/delete.js';
import { Rename } from '../change/rename.js';
import { CopyButton } from '../parts/copy.js';
import { Title } from '../parts/frame.js';
import { Menu } from '../parts/menu.js';
import { noCounts, SeverityBar } from '../parts/severity.js';
import { Loaded } from '../parts/states.js';
import { t } from '../texts.js';
import { Details } from './details.js';
import { readDocument } from '../document/read.js';
import { Downloads } from './download.js';
import { Report } from './report.js';

/** @import { Query, SummaryObject } from '../types.js' */

/** @param {{ problems: string[] }} props */
const Problems = ({ problems }) => problems.length > 0 && html`
	<section class="notice" aria-labelledby="problems"><h2 id="problems">${t.document.title}</h2>
		<ul>${problems.map((one) => html`<li key=${one}><bdi>${one}</bdi></li>`)}</ul></section>`;

/** @param {{ summary: SummaryObject, etag: string, project: string, mayWrite: boolean, again: () => void }} props */
function Actions({ summary, etag, project, mayWrite, again }) {
	const [dialog, setDialog] = useState('');
	const close = () => setDialog('');
	const known = { project, id: summary.id, title: summary.title, etag, again, close };
	return html`
		<div class="summary-actions no-print">
			<${CopyButton} text=${() => wholeAddress(href(['projects', project, 'summaries', summary.id]))} label=${t.summary.copyLink} done=${t.linkCopied}>${t.summary.copyLink}<//>
			<${Menu} label=${t.summary.download}>
				<${Downloads} project=${project} id=${summary.id} title=${summary.title} />
				<button type="button" onClick=${() => window.print()}>${t.summary.print}</button>
			<//>
			<a class="button small" href=${href(['projects', project, 'compare'], { b: summary.id })}>${t.summary.compare}</a>
			${mayWrite && html`
				<button type="button" class="small" onClick=${() => setDialog('rename')}>${t.summary.rename}</button>
				<button type="button" class="small danger" onClick=${() => setDialog('delete')}>${t.summary.remove}</button>`}
		</div>
		${dialog === 'rename' && html`<${Rename} ...${known} />`}
		${dialog === 'delete' && html`<${Delete} ...${known} />`}`;
}

/** @param {{ data: { value: SummaryObject, etag: string }, project: string, query: Query, mayWrite: boolean, again: () => void }} props */
function Shown({ data: { value: summary, etag }, project, query, mayWrite, again }) {
	const document = useMemo(() => readDocument(summary.summary), [summary]);
	const counts = useMemo(() => {
		const all = noCounts();
		for (const pattern of document.patterns) all[pattern.severity]++;
		return all;
	}, [document]);
	/** @param {Record<string, string | number>} more */
	const address = (more) => href(['projects', project, 'summaries', summary.id], more);
	return html`
		<div class="summary-head">
			<${Title} title=${summary.title || t.untitled} />
			<p class="hint">${t.summary.made(formatMoment(summary.created_at), formatPerson(summary.created_by))} · ${t.sessions(summary.session_ids.length)}</p>
			<${SeverityBar} counts=${counts} />
			<${Actions} summary=${summary} etag=${etag} project=${project} mayWrite=${mayWrite} again=${again} />
		</div>
		<${Problems} problems=${document.problems} />
		<${Report} document=${document} query=${query} address=${address} set=${change} />
		<${Details} summary=${summary} project=${project} unreadable=${document.problems.length > 0} />`;
}

/** @param {{ project: string, id: string, query: Query, mayWrite: boolean }} props */
export function Summary({ project, id, query, mayWrite }) {
	const load = useLoad(`summary ${project} ${id}`, (signal) => getWithTag(oneSummary(project, id), { signal }));
	return html`
		<p class="back no-print"><a href=${href(['projects', project, 'summaries'])}>${t.summary.back}</a></p>
		${!load.data && html`<${Title} title=${t.summary.one} />`}
		<${Loaded} load=${load} rows=${8}>${(/** @type {any} */ data) => html`
			<${Shown} data=${data} project=${project} query=${query} mayWrite=${mayWrite} again=${load.again} />`}<//>`;
}

