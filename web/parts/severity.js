// Severities, told by shape and word as well as by colour.
import { html } from '../base/html.js';
import { t } from '../texts.js';

/** @import { Severity, SeverityCounts } from '../types.js' */

/** @type {Severity[]} */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'];

/** Those that one can ask the API for. */
export const KNOWN = SEVERITIES.slice(0, 4);

/** @param {unknown} value @returns {Severity} */
export function severityOf(value) {
	return KNOWN.find((one) => one === value) ?? 'unknown';
}

/** @param {Severity} severity */
export const rankOf = (severity) => SEVERITIES.indexOf(severity);

/** @returns {SeverityCounts} */
export const noCounts = () => ({ critical: 0, high: 0, medium: 0, low: 0, unknown: 0 });

const SHAPES = {
	critical: 'M8 .5 15.5 8 8 15.5.5 8Z',
	high: 'M8 1.5 15.300 14.5H.7Z',
	medium: 'M2 2h12v12H2Z',
	low: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm0 3a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z',
	unknown: 'M2 6.5h12v3H2Z',
};

/** @param {{ severity: Severity }} props */
export const SeverityMark = ({ severity }) => html`
	<svg class="mark sev-${severity}" viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d=${SHAPES[severity]} /></svg>`;

/** @param {{ severity: Severity }} props */
export const SeverityBadge = ({ severity }) => html`
	<span class="badge sev-${severity}"><${SeverityMark} severity=${severity} />${t.severity[severity]}</span>`;

/** @param {SeverityCounts} counts */
export function describeCounts(counts) {
	const parts = SEVERITIES.filter((one) => counts[one]).map((one) => `${counts[one]} ${t.severity[one].toLowerCase()}`);
	return parts.join(', ') || t.noPatterns;
}

/** How many patterns of each severity: a bar, and the numbers. @param {{ counts: SeverityCounts }} props */
export function SeverityBar({ counts }) {
	const present = SEVERITIES.filter((one) => counts[one]);
	return html`
		<span class="sevbar" role="img" aria-label=${describeCounts(counts)} title=${describeCounts(counts)}>
			<span class="sevbar-bar">${present.map((one) => html`
				<span key=${one} class="sev-${one}" style=${{ flexGrow: counts[one] }}></span>`)}
			</span>
			<span class="sevbar-numbers">${present.map((one) => html`
				<span key=${one}><${SeverityMark} severity=${one} />${counts[one]}</span>`)}
			</span>
		</span>`;
}
