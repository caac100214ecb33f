// Small pictures of numbers. The numbers stand beside them as text.
import { html } from '../base/html.js';

/** A share of a whole, drawn as a bar. @param {{ share: number, severity?: string }} props */
export const Bar = ({ share, severity = 'accent' }) => html`
	<span class="bar" aria-hidden="true"><span class="sev-${severity}" style=${{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }}></span></span>`;

/** A number over time. @param {{ values: number[], severity: string, label: string }} props */
export function Spark({ values, severity, label }) {
	const most = Math.max(1, ...values);
	const width = 4;
	return html`
		<svg class="spark sev-${severity}" viewBox="0 0 ${values.length * width} 20" preserveAspectRatio="none" role="img" aria-label=${label}>
			<title>${label}</title>
			${values.map((value, n) => {
				const height = value ? Math.max(1.5, (value / most) * 19) : .5;
				return html`<rect key=${n} class=${value ? '' : 'zero'} x=${n * width + .4} y=${20 - height} width=${width - .8} height=${height} />`;
			})}
		</svg>`;
}
