// Another title for a summary, if it is still the one that was read.
import { oneSummary, write } from '../base/api.js';
import { html, useRef, useState } from '../base/html.js';
import { forgetAnswers } from '../base/load.js';
import { announce } from '../parts/copy.js';
import { Dialog } from '../parts/dialog.js';
import { t } from '../texts.js';
import { Problem } from './problem.js';

const LONGEST = 2048;

/** @param {string} title */
function problemOf(title) {
	if (!title.trim()) return t.change.titleBlank;
	return [...title].length > LONGEST ? t.change.titleLong : '';
}

/** @param {{ project: string, id: string, title: string, etag: string, again: () => void, close: () => void }} props */
export function Rename({ project, id, title, etag, again, close }) {
	const [typed, setTyped] = useState(title);
	const [state, setState] = useState({ busy: false, error: /** @type {any} */ (null), wrong: '' });
	// The tag of what is seen here, whatever has been read since.
	const seen = useRef(etag).current;
	const look = () => {
		forgetAnswers();
		close();
		again();
	};
	/** @param {Event} event */
	const save = async (event) => {
		event.preventDefault();
		const wrong = problemOf(typed);
		setState({ busy: !wrong, error: null, wrong });
		if (wrong) return;
		try {
			await write(oneSummary(project, id), { method: 'PATCH', body: JSON.stringify({ title: typed }), headers: { 'If-Match': seen } });
			announce(t.change.renamed);
			look();
		} catch (error) {
			setState({ busy: false, error, wrong: '' });
		}
	};
	const conflict = state.error?.kind === 'conflict' || state.error?.kind === 'missing';
	return html`
		<${Dialog} title=${t.change.renameTitle} onClose=${close}>
			<form onSubmit=${save}>
				<label for="title">${t.change.title}</label>
				<textarea id="title" rows="3" dir="auto" value=${typed} aria-invalid=${state.wrong ? 'true' : undefined} aria-describedby="title-problem" disabled=${conflict}
					onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)}></textarea>
				<p id="title-problem" class="problem" role="alert">${state.wrong}</p>
				<${Problem} error=${state.error} project=${project} id=${id} look=${look} />
				${!conflict && html`<p class="actions">
					<button type="submit" class="primary" disabled=${state.busy}>${state.busy ? t.change.saving : t.change.save}</button>
					<button type="button" onClick=${close}>${t.cancel}</button></p>`}
			</form>
		<//>`;
}
