// What is around every view: where one is, the key, and the ways to the other views.
import { href, usePlace } from '../base/address.js';
import { html, useEffect, useRef } from '../base/html.js';
import { key } from '../base/key.js';
import { t } from '../texts.js';
import { Announcer } from './copy.js';
import { Offline } from './states.js';

/** @import { Identity } from '../base/identity.js' */
/** @import { Project } from '../types.js' */

/** @param {Event} event */
function skip(event) {
	event.preventDefault();
	document.querySelector('main')?.focus();
}

const TABS = /** @type {const} */ ([['hurts', []], ['summaries', ['summaries']], ['compare', ['compare']]]);

/** @param {{ project: string, here: string }} props */
const Tabs = ({ project, here }) => html`
	<nav class="tabs" aria-label=${t.views}>
		${TABS.map(([name, path]) => html`
			<a key=${name} href=${href(['projects', project, ...path])} aria-current=${here === name ? 'page' : undefined}>${t.tabs[name]}</a>`)}
	</nav>`;

/** @param {{ projects: Project[], project: string }} props */
function ProjectName({ projects, project }) {
	const name = projects.find((one) => String(one.id) === project)?.name ?? t.projectNumber(project);
	if (projects.length < 2) return html`<span class="project"><bdi>${name}</bdi></span>`;
	return html`<a class="project" href=${href(['projects'])} title=${t.otherProjects}><bdi>${name}</bdi> <span aria-hidden="true">▾</span>
		<span class="visually-hidden">${t.otherProjects}</span></a>`;
}

/** @param {{ identity?: Identity, project: string, here: string, children: any }} props */
export function Frame({ identity, project, here, children }) {
	return html`
		<a class="skip" href="#main" onClick=${skip}>${t.skip}</a>
		<header class="frame">
			<div class="frame-name">
				<a class="brand" href=${href([])}>${t.product}</a>
				${identity && project && html`<${ProjectName} projects=${identity.projects} project=${project} />`}
			</div>
			${project && html`<${Tabs} project=${project} here=${here} />`}
			<div class="frame-key">
				${identity?.mask && html`<span class="mask" title=${identity.mayWrite ? t.keyWrites : t.keyReads}>${identity.mask}</span>`}
				<button type="button" class="small" onClick=${forget}>${t.forget}</button>
			</div>
		</header>
		<${Offline} />
		<main tabindex="-1" id="main">${children}</main>
		<${Announcer} />`;
}

function forget() {
	key.forget();
	location.hash = '#/';
}

/**
 * A view's title, which a screen reader is brought to when the view changes.
 * @param {{ title: string, name?: string, children?: any }} props  name: what the tab is called, if not by the title
 */
export function Title({ title, name = title, children }) {
	const heading = useRef(/** @type {HTMLElement | null} */ (null));
	const path = usePlace().path.join('/');
	useEffect(() => {
		document.title = `${name} · ${t.product}`;
	}, [name]);
	useEffect(() => heading.current?.focus({ preventScroll: true }), [path]);
	return html`<h1 ref=${heading} tabindex="-1" dir="auto">${children ?? title}</h1>`;
}
