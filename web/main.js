// The page: which view belongs to the address, and what is around it.
import { href, startAddress, usePlace } from './base/address.js';
import { html, render, useErrorBoundary } from './base/html.js';
import { useIdentity } from './base/identity.js';
import { keyState } from './base/key.js';
import { useStore } from './base/store.js';
import { Compare } from './compare/view.js';
import { Create } from './change/create.js';
import { Enter, EnterAgain } from './enter/view.js';
import { Projects } from './enter/projects.js';
import { Hurts } from './hurts/view.js';
import { List } from './list/view.js';
import { Frame, Title } from './parts/frame.js';
import { Failed, Loading } from './parts/states.js';
import { Summary } from './summary/view.js';
import { t } from './texts.js';

/** @import { Identity } from './base/identity.js' */
/** @import { Place } from './types.js' */

/** The view of a place below a project, and the tab that it belongs to. @param {string[]} rest */
function projectView([name, id, ...more]) {
	if (more.length) return null;
	if (name === undefined) return { view: Hurts, here: 'hurts' };
	if (name === 'summaries') return id === undefined ? { view: List, here: 'summaries' } : { view: Summary, here: 'summaries' };
	if (name === 'new' && id === undefined) return { view: Create, here: 'summaries' };
	if (name === 'compare' && id === undefined) return { view: Compare, here: 'compare' };
	return null;
}

const Lost = () => html`
	<${Title} title=${t.lost.title} />
	<p>${t.lost.text} <a href=${href([])}>${t.lost.home}</a></p>`;

/** @param {{ identity: Identity, place: Place }} props */
function View({ identity, place }) {
	const [first, project, ...rest] = place.path;
	if (first === undefined || (first === 'projects' && project === undefined)) {
		return html`<${Projects} projects=${identity.projects} choosing=${first !== undefined} />`;
	}
	const found = first === 'projects' ? projectView(rest) : null;
	if (!found) return html`<${Lost} />`;
	const zone = identity.projects.find((one) => String(one.id) === project);
	return html`<${found.view} key=${[project, ...rest].join('/')} project=${project} projectName=${zone?.name ?? t.projectNumber(project)}
		id=${rest[1]} query=${place.query} mayWrite=${identity.mayWrite} />`;
}

/** @param {{ place: Place }} props */
function Inside({ place }) {
	const { data, error, slow, again } = useIdentity();
	const [broken] = useErrorBoundary((problem) => console.error(problem));
	const [first, project = '', ...rest] = place.path;
	const inProject = first === 'projects' ? project : '';
	let content;
	if (broken) {
		content = html`<${Failed} error=${{ kind: 'broken' }}><button type="button" class="primary" onClick=${() => location.reload()}>${t.reload}</button><//>`;
	} else if (data) {
		content = html`<${View} identity=${data} place=${place} />`;
	} else {
		content = error ? html`<${Failed} error=${error} again=${again} />` : html`<${Loading} slow=${slow} />`;
	}
	return html`<${Frame} identity=${data} project=${inProject} here=${projectView(rest)?.here ?? ''}>${content}<//>`;
}

function Page() {
	const place = usePlace();
	const { key, proven, refused } = useStore(keyState);
	if (!key && !(refused && proven)) return html`<${Enter} place=${place} refused=${refused} />`;
	return html`
		<${Inside} place=${place} />
		${refused && html`<${EnterAgain} />`}`;
}

startAddress();
render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById('page')));
