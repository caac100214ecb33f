// The patterns of a summary, worst first. Long lists are brought in by parts, so that
// the page never holds more than it shows.
import { html, useMemo, useState } from '../base/html.js';
import { SeverityMark } from '../parts/severity.js';
import { Empty } from '../parts/states.js';
import { t } from '../texts.js';
import { ordered } from '../document/read.js';
import { countFlags, Filter, filterPatterns } from './filter.js';
import { PatternCard } from './pattern.js';

/** @import { Example, Pattern, Query, ReadDocument } from '../types.js' */

const PART = 20;
const NAMED = 100;

/** @typedef {{ pattern: Pattern, examples: Example[] }} Shown */

/** @param {{ shown: Shown[], address: (more: Record<string, string | number>) => string, linked: number }} props */
const Contents = ({ shown, address, linked }) => html`
	<nav class="contents no-print" aria-label=${t.summary.contents}>
		<h2>${t.patterns(shown.length)}</h2>
		<ol>${shown.slice(0, NAMED).map(({ pattern }) => html`
			<li key=${pattern.position}><a href=${address({ pattern: pattern.position })} aria-current=${pattern.position === linked ? 'true' : undefined}>
				<${SeverityMark} severity=${pattern.severity} /><span class="visually-hidden">${t.severity[pattern.severity]}: </span><bdi>${pattern.name || t.unnamed}</bdi></a></li>`)}
		</ol>
		${shown.length > NAMED && html`<p class="hint">${t.hurts.more(shown.length - NAMED)}</p>`}
	</nav>`;

/** @param {{ shown: Shown[], address: any, query: Query }} props */
function Parts({ shown, address, query }) {
	const [opened, setOpened] = useState(() => new Set([0]));
	const linked = Number(query.pattern) || 0;
	const linkedAt = shown.findIndex(({ pattern }) => pattern.position === linked);
	/** @param {number} number */
	const isOpen = (number) => opened.has(number) || (linkedAt >= 0 && Math.floor(linkedAt / PART) === number);
	/** @type {any[]} */
	const parts = [];
	for (let number = 0; number * PART < shown.length; number++) {
		const part = shown.slice(number * PART, (number + 1) * PART);
		if (isOpen(number)) {
			parts.push(...part.map(({ pattern, examples }) => html`
				<${PatternCard} key=${pattern.position} pattern=${pattern} examples=${examples} address=${address}
					linked=${pattern.position === linked} linkedExample=${Number(query.example) || 0} />`));
		} else if (number === 0 || isOpen(number - 1)) {
			// One button for what is missing: it brings the first part of it.
			parts.push(html`<p key=${`part-${number}`} class="part no-print"><button type="button" onClick=${() => setOpened(new Set([...opened, number]))}>
				${t.summary.morePatterns(number * PART + 1, number * PART + part.length)}</button></p>`);
		}
	}
	return parts;
}

/** @param {{ document: ReadDocument, query: Query, address: (more: Record<string, string | number>) => string, set: any }} props */
export function Report({ document, query, address, set }) {
	const patterns = useMemo(() => ordered(document.patterns, query.order), [document, query.order]);
	const counts = useMemo(() => countFlags(patterns), [patterns]);
	const { filtered, shown } = useMemo(() => filterPatterns(patterns, query), [patterns, query.find, query.flags]);
	if (!patterns.length) return document.problems.length ? null : html`<${Empty} title=${t.summary.noPatternsTitle}><p>${t.summary.noPatternsText}</p><//>`;
	const examples = shown.reduce((sum, one) => sum + one.examples.length, 0);
	const result = !filtered ? '' : shown.length ? t.summary.matching(examples, shown.length) : t.summary.noMatch;
	return html`
		<div class="report">
			<${Contents} shown=${shown} address=${address} linked=${Number(query.pattern) || 0} />
			<div class="report-body">
				<${Filter} query=${query} counts=${counts} result=${result} set=${set} />
				<${Parts} key=${`${query.find ?? ''} ${query.flags ?? ''} ${query.order ?? ''}`} shown=${shown} address=${address} query=${query} />
			</div>
		</div>`;
}
