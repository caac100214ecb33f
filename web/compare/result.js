// A comparison, by what has changed.
import { href } from '../base/address.js';
import { formatRatio } from '../base/format.js';
import { html, useMemo } from '../base/html.js';
import { Bar } from '../parts/charts.js';
import { SeverityBadge } from '../parts/severity.js';
import { t } from '../texts.js';
import { CHANGES, matchPatterns } from './match.js';

/** @import { FoundPattern } from '../types.js' */
/** @import { Group } from '../hurts/group.js' */
/** @import { Change, Pair } from './match.js' */

/** @param {{ group: Group | undefined, project: string, label: string }} props */
function Side({ group, project, label }) {
	if (!group) return html`<td role="cell" data-label=${label} class="hint">${t.compare.absent}</td>`;
	const one = group.found[0];
	return html`
		<td role="cell" data-label=${label}>
			<a class="side" href=${href(['projects', project, 'summaries', one.summary.id], { pattern: one.position })}>
				<${SeverityBadge} severity=${group.severity} />
				<span class="side-numbers">${group.share !== null && html`<strong>${formatRatio(group.share)}</strong> `}${t.sessions(group.sessions)}</span>
				${group.share !== null && html`<${Bar} share=${group.share} severity=${group.severity} />`}
			</a></td>`;
}

const SIGNS = { new: '+', worse: '▲', better: '▼', gone: '−', same: '=' };

/** @param {{ change: Change, pairs: Pair[], project: string }} props */
const Part = ({ change, pairs, project }) => html`
	<section class=${`compared compared-${change}`} aria-labelledby=${`compared-${change}`}>
		<h2 id=${`compared-${change}`}><span class="sign" aria-hidden="true">${SIGNS[change]}</span> ${t.compare.groups[change]} <span class="count">${pairs.length}</span></h2>
		<p class="hint">${t.compare.explain[change]}</p>
		<table role="table" class="list" aria-labelledby=${`compared-${change}`}>
			<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">${t.compare.columns.pattern}</th>
				<th role="columnheader" scope="col">${t.compare.columns.before}</th><th role="columnheader" scope="col">${t.compare.columns.after}</th></tr></thead>
			<tbody role="rowgroup">${pairs.map(({ before, after }) => html`
				<tr role="row" key=${(after ?? before)?.key}>
					<th role="rowheader" scope="row" class="cell-name"><bdi>${(after ?? before)?.name}</bdi></th>
					<${Side} group=${before} project=${project} label=${t.compare.before} />
					<${Side} group=${after} project=${project} label=${t.compare.after} />
				</tr>`)}</tbody>
		</table>
	</section>`;

/** @param {{ before: FoundPattern[], after: FoundPattern[], project: string }} props */
export function Result({ before, after, project }) {
	const pairs = useMemo(() => matchPatterns(before, after), [before, after]);
	if (!pairs.length) return html`<p role="status">${t.compare.emptyBoth}</p>`;
	const parts = CHANGES.map((change) => /** @type {const} */ ([change, pairs.filter((pair) => pair.change === change)]));
	return html`
		<p class="lead" role="status">${t.compare.result(Object.fromEntries(parts.map(([change, own]) => [change, own.length])))}</p>
		${parts.filter(([, own]) => own.length).map(([change, own]) => html`<${Part} key=${change} change=${change} pairs=${own} project=${project} />`)}`;
}
