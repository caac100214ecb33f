// What is folded below a summary: its context, its run, its sessions and its history.
import { html, useState } from '../base/html.js';
import { CopyButton } from '../parts/copy.js';
import { t } from '../texts.js';
import { History } from '../history/view.js';

/** @import { SummaryObject } from '../types.js' */

const MOST = 100_000;

/** @param {{ title: any, children: () => any, id?: string }} props  children: made when it is unfolded */
function Folded({ title, children }) {
	const [open, setOpen] = useState(false);
	return html`<details class="folded" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
		<summary>${title}</summary>${open && children()}</details>`;
}

/** @param {{ value: unknown, label: string }} props */
const Json = ({ value, label }) => html`
	<pre class="json" tabindex="0" role="region" aria-label=${label}>${JSON.stringify(value, null, 2).slice(0, MOST)}</pre>`;

/** @param {{ ids: string[] }} props */
const Ids = ({ ids }) => html`
	<p><${CopyButton} text=${() => ids.join('\n')} label=${t.summary.copyIds}>${t.summary.copyIds}<//></p>
	<ul class="ids">${ids.map((id, n) => html`<li key=${n}><code>${id}</code></li>`)}</ul>`;

/** @param {{ summary: SummaryObject, project: string, unreadable: boolean }} props */
export const Details = ({ summary, project, unreadable }) => html`
	<section class="details no-print" aria-labelledby="details">
		<h2 id="details">${t.summary.details}</h2>
		<${Folded} title=${t.summary.history}>${() => html`<${History} project=${project} id=${summary.id} />`}<//>
		${summary.session_ids.length > 0 && html`<${Folded} title=${t.summary.sessionIds(summary.session_ids.length)}>${() => html`<${Ids} ids=${summary.session_ids} />`}<//>`}
		${summary.extra_summary_context && html`<${Folded} title=${t.summary.context}>${() => html`<${Json} value=${summary.extra_summary_context} label=${t.summary.context} />`}<//>`}
		${summary.run_metadata && html`<${Folded} title=${t.summary.metadata}>${() => html`<${Json} value=${summary.run_metadata} label=${t.summary.metadata} />`}<//>`}
		${unreadable && html`<${Folded} title=${t.summary.asItIs}>${() => html`<${Json} value=${summary.summary} label=${t.summary.asItIs} />`}<//>`}
	</section>`;
