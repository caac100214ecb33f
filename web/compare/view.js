// What has changed between two summaries, or between two periods.
import { href } from '../base/address.js';
import { html } from '../base/html.js';
import { Title } from '../parts/frame.js';
import { t } from '../texts.js';
import { TwoPeriods } from './periods.js';
import { TwoSummaries } from './summaries.js';

/** @import { Query } from '../types.js' */

/** @param {{ project: string, projectName: string, query: Query }} props */
export function Compare({ project, projectName, query }) {
	const summaries = Boolean(query.a || query.b) || query.what === 'summaries';
	const path = ['projects', project, 'compare'];
	return html`
		<div class="head">
			<${Title} title=${t.compare.title} name=${`${t.compare.title}, ${projectName}`} />
			<nav class="switch" aria-label=${t.compare.title}>
				<a href=${href(path)} aria-current=${summaries ? undefined : 'true'}>${t.compare.modes.periods}</a>
				<a href=${href(path, { what: 'summaries' })} aria-current=${summaries ? 'true' : undefined}>${t.compare.modes.summaries}</a>
			</nav>
		</div>
		${summaries ? html`<${TwoSummaries} project=${project} query=${query} />` : html`<${TwoPeriods} project=${project} query=${query} />`}`;
}
