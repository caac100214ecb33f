// Sessions affected over time, by severity: stacked columns, and the same as a table.
import { formatNumber, formatShortDay } from '../base/format.js';
import { html, useMemo } from '../base/html.js';
import { SeverityMark, SEVERITIES, severityOf } from '../parts/severity.js';
import { t } from '../texts.js';
import { stretchOf } from './time.js';

/** @import { FoundPattern, Severity } from '../types.js' */
/** @import { Stretches } from './time.js' */

const HEIGHT = 210;
const WIDTH = 540;

/** @param {FoundPattern[]} found @param {Stretches} stretches */
function countSessions(found, stretches) {
	const columns = Array.from({ length: stretches.number }, () => /** @type {Record<string, number>} */ ({ sum: 0 }));
	for (const one of found) {
		const column = columns[stretchOf(stretches, one.summary.created_at)];
		const severity = severityOf(one.severity);
		const sessions = one.sessions_affected ?? 0;
		column[severity] = (column[severity] ?? 0) + sessions;
		column.sum += sessions;
	}
	return columns;
}

/** A round number not below a number, for an axis. @param {number} value */
function roundUp(value) {
	const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
	return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value) ?? value;
}

/** @param {{ column: Record<string, number>, x: number, width: number, top: number }} props */
function Column({ column, x, width, top }) {
	let y = HEIGHT;
	// The worst stands at the foot, where heights compare.
	return SEVERITIES.filter((severity) => column[severity]).map((severity) => {
		const height = (column[severity] / top) * HEIGHT;
		y -= height;
		return html`<rect key=${severity} class="sev-${severity}" x=${x} y=${y} width=${width} height=${Math.max(.5, height - 1)} />`;
	});
}

/** @param {{ columns: Array<Record<string, number>>, present: Severity[], stretches: Stretches }} props */
const AsTable = ({ columns, present, stretches }) => html`
	<details class="as-table"><summary>${t.hurts.asTable}</summary>
		<div class="scroll" tabindex="0" role="region" aria-label=${t.hurts.asTable}><table>
			<thead><tr><th scope="col">${t.hurts.from}</th>${present.map((one) => html`<th key=${one} scope="col">${t.severity[one]}</th>`)}</tr></thead>
			<tbody>${columns.map((column, n) => html`<tr key=${n}>
				<th scope="row">${formatShortDay(stretches.start + n * stretches.size)}</th>
				${present.map((one) => html`<td key=${one}>${formatNumber(column[one] ?? 0)}</td>`)}</tr>`)}
			</tbody></table></div>
	</details>`;

/** @param {{ found: FoundPattern[], stretches: Stretches }} props */
export function Chart({ found, stretches }) {
	const columns = useMemo(() => countSessions(found, stretches), [found, stretches]);
	const top = roundUp(Math.max(...columns.map((column) => column.sum)));
	const step = WIDTH / columns.length;
	const present = SEVERITIES.filter((severity) => columns.some((column) => column[severity]));
	const marks = Math.max(1, Math.ceil(columns.length / 5));
	return html`
		<figure class="chart" aria-labelledby="chart">
			<figcaption id="chart"><h2>${t.hurts.chart}</h2><span class="hint">${t.hurts.per[stretches.per]}</span></figcaption>
			<ul class="legend">${present.map((one) => html`<li key=${one}><${SeverityMark} severity=${one} />${t.severity[one]}</li>`)}</ul>
			<svg viewBox="-46 -12 ${WIDTH + 66} ${HEIGHT + 38}" role="img" aria-label=${t.hurts.chartLabel(t.hurts.per[stretches.per])}>
				${[0, .5, 1].map((part) => html`<g key=${part} class="axis">
					<line x1="0" x2=${WIDTH} y1=${HEIGHT * (1 - part)} y2=${HEIGHT * (1 - part)} />
					<text x="-6" y=${HEIGHT * (1 - part) + 4} text-anchor="end">${formatNumber(top * part)}</text></g>`)}
				${columns.map((column, n) => html`<g key=${n}>
					<title>${formatShortDay(stretches.start + n * stretches.size)}: ${t.sessions(column.sum)}</title>
					<${Column} column=${column} x=${n * step + step * .12} width=${step * .76} top=${top} /></g>`)}
				${columns.map((_, n) => (columns.length - 1 - n) % marks === 0 && html`
					<text key=${n} class="axis-day" x=${n * step + step / 2} y=${HEIGHT + 20} text-anchor="middle">${formatShortDay(stretches.start + n * stretches.size)}</text>`)}
			</svg>
			<${AsTable} columns=${columns} present=${present} stretches=${stretches} />
		</figure>`;
}
