// A new summary from pasted JSON or a file.
import { go, href } from '../base/address.js';
import { summaries, write } from '../base/api.js';
import { formatNumber } from '../base/format.js';
import { html, useMemo, useRef, useState } from '../base/html.js';
import { forgetAnswers } from '../base/load.js';
import { announce } from '../parts/copy.js';
import { Field } from '../parts/fields.js';
import { Title } from '../parts/frame.js';
import { noCounts, SeverityBar } from '../parts/severity.js';
import { Empty } from '../parts/states.js';
import { t } from '../texts.js';
import { bodyOf, readDraft } from './draft.js';
import { Problem } from './problem.js';

/** @import { Draft } from './draft.js' */

const LARGEST = 20 * 1024 * 1024;
// A long text in a text field is slow in every browser; a file of that size is only read.
const SHOWN = 200_000;

/** @param {{ draft: Draft }} props */
function Preview({ draft }) {
	if (!draft.fields || !draft.document) return null;
	const counts = noCounts();
	for (const pattern of draft.document.patterns) counts[pattern.severity]++;
	const sessions = Array.isArray(draft.fields.session_ids) ? draft.fields.session_ids.length : 0;
	return html`
		<section class="preview" aria-labelledby="preview"><h2 id="preview">${t.create.preview}</h2>
			<dl class="figures"><div><dt>${t.create.sessions}</dt><dd>${formatNumber(sessions)}</dd></div>
				<div><dt>${t.create.found}</dt><dd>${formatNumber(draft.document.patterns.length)}</dd></div></dl>
			<${SeverityBar} counts=${counts} />
			${draft.document.problems.map((one) => html`<p key=${one} class="hint"><bdi>${one}</bdi></p>`)}
		</section>`;
}

/** @param {{ text: string, setText: (text: string, problem?: string) => void }} props */
function Source({ text, setText }) {
	const [over, setOver] = useState(false);
	/** @param {File | null | undefined} file */
	const readFile = async (file) => {
		if (!file) return;
		if (file.size > LARGEST) setText('', t.create.tooLarge);
		else setText(await file.text());
	};
	/** @param {DragEvent} event */
	const drop = (event) => {
		event.preventDefault();
		setOver(false);
		readFile(event.dataTransfer?.files[0]);
	};
	const long = text.length > SHOWN;
	return html`
		<div class=${over ? 'source over' : 'source'} onDragOver=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(true); }}
			onDragLeave=${() => setOver(false)} onDrop=${drop}>
			<label for="json">${t.create.json}</label>
			<textarea id="json" rows="14" spellcheck="false" value=${long ? `${text.slice(0, 2000)}\n…` : text} readonly=${long} aria-describedby="json-problem"
				onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)}></textarea>
			<p class="actions"><label class="button" for="file">${t.create.choose}</label>
				<input class="visually-hidden" id="file" type="file" accept=".json,application/json" onChange=${(/** @type {any} */ event) => readFile(event.currentTarget.files[0])} />
				<span class="hint">${t.create.drop}</span></p>
		</div>`;
}

/** @param {{ project: string, projectName: string }} props */
function Form({ project }) {
	const [text, setRaw] = useState('');
	const [title, setTitle] = useState('');
	const [state, setState] = useState({ busy: false, error: /** @type {any} */ (null), tooLarge: '' });
	const draft = useMemo(() => (text.trim() ? readDraft(text) : /** @type {Draft} */ ({ problem: '' })), [text]);
	// One key for one body: sent again after a lost answer, it makes no second summary.
	const once = useRef({ body: '', key: '' });
	/** @param {string} next @param {string} [tooLarge] */
	const setText = (next, tooLarge = '') => {
		setRaw(next);
		setState({ busy: false, error: null, tooLarge });
	};
	/** @param {Event} event */
	const create = async (event) => {
		event.preventDefault();
		if (!draft.fields || state.busy) return;
		const body = bodyOf(draft.fields, title);
		if (once.current.body !== body || state.error?.kind === 'repeated') once.current = { body, key: newKey() };
		setState({ busy: true, error: null, tooLarge: '' });
		try {
			const made = await write(summaries(project), { method: 'POST', body, headers: { 'Idempotency-Key': once.current.key } });
			forgetAnswers();
			announce(t.create.created);
			go(href(['projects', project, 'summaries', made.value.id]), { replace: true });
		} catch (error) {
			setState({ busy: false, error, tooLarge: '' });
		}
	};
	return html`
		<p class="lead">${t.create.intro}</p>
		<form class="create" onSubmit=${create}>
			<${Source} text=${text} setText=${setText} />
			<p id="json-problem" class="problem" role="status">${state.tooLarge || draft.problem}</p>
			<${Field} label=${t.create.titleField} value=${title} wide placeholder=${typeof draft.fields?.title === 'string' ? draft.fields.title : t.create.titleHint} onInput=${setTitle} />
			<${Preview} draft=${draft} />
			<${Problem} error=${state.error} project=${project} id="" look=${() => setState({ busy: false, error: null, tooLarge: '' })} />
			<p class="actions"><button type="submit" class="primary" disabled=${!draft.fields || state.busy}>${state.busy ? t.create.creating : t.create.create}</button>
				<a class="button" href=${href(['projects', project, 'summaries'])}>${t.cancel}</a></p>
		</form>`;
}

/** A random name, where the browser makes none because the page came without TLS too. */
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {{ project: string, projectName: string, mayWrite: boolean }} props */
export const Create = ({ project, projectName, mayWrite }) => html`
	<p class="back"><a href=${href(['projects', project, 'summaries'])}>${t.summary.back}</a></p>
	<${Title} title=${t.create.title} name=${`${t.create.title}, ${projectName}`} />
	${mayWrite ? html`<${Form} project=${project} />` : html`<${Empty} title=${t.create.notAllowed}><p>${t.create.notAllowedText}</p><//>`}`;
