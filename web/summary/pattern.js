// A pattern: what it means, its numbers, how to recognise it, and its examples.
import { wholeAddress } from '../base/address.js';
import { formatNumber, formatRatio } from '../base/format.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { Bar } from '../parts/charts.js';
import { CopyButton } from '../parts/copy.js';
import { SeverityBadge } from '../parts/severity.js';
import { t } from '../texts.js';
import { ExampleItem } from './example.js';

/** @import { Example, Pattern } from '../types.js' */

const FIRST = 3;
const MORE = 10;

/** @param {{ pattern: Pattern }} props */
const Figures = ({ pattern }) => html`
	<dl class="figures">
		<div><dt>${t.summary.affected}</dt>
			<dd>${pattern.sessionsAffected === null ? t.none : formatNumber(pattern.sessionsAffected)}
				${pattern.affectedRatio !== null && html`<small>${t.summary.ofSessions(formatRatio(pattern.affectedRatio))}</small>
					<${Bar} share=${pattern.affectedRatio} severity=${pattern.severity} />`}</dd></div>
		<div><dt>${t.summary.success}</dt>
			<dd>${formatRatio(pattern.successRatio)}${pattern.successRatio !== null && html`<${Bar} share=${pattern.successRatio} severity="good" />`}</dd></div>
		<div><dt>${t.summary.occurrences}</dt><dd>${pattern.occurrences === null ? t.none : formatNumber(pattern.occurrences)}</dd></div>
	</dl>`;

/** @param {{ pattern: Pattern, examples: Example[], address: any, linkedExample: number }} props */
function Examples({ pattern, examples, address, linkedExample }) {
	const linkedAt = examples.findIndex((one) => one.number === linkedExample);
	const [wanted, setShown] = useState(FIRST);
	const shown = Math.max(wanted, linkedAt + 1);
	const rest = examples.length - shown;
	const hidden = pattern.examples.length - examples.length;
	return html`
		<h4>${t.summary.examplesTitle} <span class="count">${pattern.examples.length}</span></h4>
		${!pattern.examples.length && html`<p class="hint">${t.summary.noExamples}</p>`}
		<ol class="examples">${examples.slice(0, shown).map((example) => html`
			<${ExampleItem} key=${example.number} example=${example} position=${pattern.position} address=${address} linked=${example.number === linkedExample} />`)}</ol>
		<p class="examples-more no-print">
			${rest > 0 && html`<button type="button" class="small" onClick=${() => setShown(shown + MORE)}>${t.summary.more(Math.min(MORE, rest))}</button>`}
			${hidden > 0 && html` <span class="hint">${t.summary.hiddenExamples(hidden)}</span>`}
		</p>`;
}

/** @param {{ pattern: Pattern, examples: Example[], address: (more: Record<string, string | number>) => string, linked: boolean, linkedExample: number }} props */
export function PatternCard({ pattern, examples, address, linked, linkedExample }) {
	const card = useRef(/** @type {HTMLElement | null} */ (null));
	useEffect(() => {
		if (!linked || linkedExample) return;
		card.current?.scrollIntoView({ block: 'start' });
		/** @type {HTMLElement | null} */ (card.current?.querySelector('h3') ?? null)?.focus({ preventScroll: true });
	}, [linked, linkedExample]);
	const name = pattern.name || t.unnamed;
	return html`
		<article ref=${card} class=${`pattern sev-edge sev-${pattern.severity}${linked ? ' linked' : ''}`} aria-labelledby=${`pattern-${pattern.position}`}>
			<header>
				<${SeverityBadge} severity=${pattern.severity} />
				<h3 id=${`pattern-${pattern.position}`} tabindex="-1" dir="auto">${name}</h3>
				<${CopyButton} text=${() => wholeAddress(address({ pattern: pattern.position }))} label=${t.summary.copyPattern} done=${t.linkCopied} />
			</header>
			${pattern.description && html`<p class="pattern-text" dir="auto">${pattern.description}</p>`}
			<div class="pattern-body">
				<${Figures} pattern=${pattern} />
				${pattern.indicators.length > 0 && html`<div><h4>${t.summary.indicators}</h4>
					<ul class="indicators">${pattern.indicators.map((one, n) => html`<li key=${n} dir="auto">${one}</li>`)}</ul></div>`}
			</div>
			<${Examples} pattern=${pattern} examples=${examples} address=${address} linkedExample=${linked ? linkedExample : 0} />
		</article>`;
}
