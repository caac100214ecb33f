// The projects that a key may read.
import { go, href } from '../base/address.js';
import { html, useEffect } from '../base/html.js';
import { Title } from '../parts/frame.js';
import { Empty } from '../parts/states.js';
import { t } from '../texts.js';

/** @import { Project } from '../types.js' */

/** @param {{ projects: Project[], choosing: boolean }} props  choosing: else the only project is opened at once */
export function Projects({ projects, choosing }) {
	const only = !choosing && projects.length === 1 ? projects[0] : null;
	useEffect(() => {
		if (only) go(href(['projects', only.id]), { replace: true });
	}, [only]);
	if (only) return null;
	if (!projects.length) return html`<${Title} title=${t.projects.title} /><${Empty} title=${t.projects.none}><p>${t.projects.noneText}</p><//>`;
	return html`
		<${Title} title=${t.projects.title} />
		<p class="lead">${t.projects.choose}</p>
		<ul class="projects">
			${projects.map((one) => html`
				<li key=${one.id}><a href=${href(['projects', one.id])}><bdi>${one.name}</bdi> <span class="hint">${t.projectNumber(String(one.id))}</span></a></li>`)}
		</ul>`;
}
