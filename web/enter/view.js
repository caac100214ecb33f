// Where the key is entered: at first, and again when it has expired.
import { html, useEffect, useRef, useState } from '../base/html.js';
import { key } from '../base/key.js';
import { Dialog } from '../parts/dialog.js';
import { t } from '../texts.js';

/** @import { Place } from '../types.js' */

/** What is wrong with a key at first sight. @param {string} value */
function problemOf(value) {
	if (!value) return t.enter.empty;
	return /^[\x21-\x7e]{1,1000}$/.test(value) ? '' : t.enter.wrongCharacters;
}

// The field has no name: even without this script it could not get into an address.
/** @param {{ problem: string }} props */
function KeyForm({ problem }) {
	const field = useRef(/** @type {HTMLInputElement | null} */ (null));
	const [wrong, setWrong] = useState('');
	useEffect(() => field.current?.focus(), []);
	const shown = wrong || problem;
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		const value = field.current?.value.trim() ?? '';
		setWrong(problemOf(value));
		if (!problemOf(value)) key.use(value);
	};
	return html`
		<form class="key-form" onSubmit=${submit}>
			<label for="key">${t.enter.label}</label>
			<div class="key-row">
				<input ref=${field} id="key" type="password" autocomplete="off" spellcheck="false" autocapitalize="off"
					aria-describedby="key-hint key-problem" aria-invalid=${shown ? 'true' : undefined} />
				<button type="submit" class="primary">${t.enter.open}</button>
			</div>
			<p id="key-problem" class="problem" role="alert">${shown}</p>
			<p id="key-hint" class="hint">${t.enter.hint}</p>
		</form>`;
}

/** @param {Place} place */
function welcome({ path: [first, project, , summary] }) {
	if (first !== 'projects' || !project) return t.enter.intro;
	return summary ? t.enter.linkedSummary(project) : t.enter.linked(project);
}

/** @param {{ place: Place, refused: boolean }} props */
export function Enter({ place, refused }) {
	useEffect(() => {
		document.title = t.product;
	}, []);
	return html`
		<main class="enter" id="main">
			<p class="brand">${t.product}</p>
			<h1>${t.enter.title}</h1>
			<p class="lead">${welcome(place)}</p>
			<${KeyForm} problem=${refused ? t.enter.refused : ''} />
		</main>`;
}

export function EnterAgain() {
	return html`
		<${Dialog} title=${t.enter.again}>
			<p>${t.enter.againText}</p>
			<${KeyForm} problem="" />
			<p class="actions"><button type="button" onClick=${() => key.forget()}>${t.forget}</button></p>
		<//>`;
}
