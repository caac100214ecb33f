// A summary as a file: the report in Markdown as the server makes it, or the data.
import { getText, oneSummary } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { announce } from '../parts/copy.js';
import { t } from '../texts.js';

const KINDS = /** @type {const} */ ({ markdown: ['text/markdown', 'md'], json: ['application/json', 'json'] });

/** A name for a file, of letters and digits. @param {string} title */
const fileName = (title) => title.normalize('NFKD').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 80) || 'summary';

/** @param {string} text @param {string} type @param {string} name */
function save(text, type, name) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {{ project: string, id: string, title: string }} props */
export function Downloads({ project, id, title }) {
	const [busy, setBusy] = useState('');
	/** @param {keyof typeof KINDS} kind */
	const download = async (kind) => {
		const [type, ending] = KINDS[kind];
		setBusy(kind);
		try {
			save(await getText(oneSummary(project, id), { headers: { Accept: type } }), type, `${fileName(title)}.${ending}`);
		} catch (/** @type {any} */ error) {
			const known = t.failures[/** @type {keyof typeof t.failures} */ (error?.kind)] ?? t.failures.broken;
			announce(`${known.title}. ${known.text}`);
		}
		setBusy('');
	};
	return html`
		<button type="button" disabled=${busy === 'markdown'} onClick=${() => download('markdown')}>${t.summary.markdown}</button>
		<button type="button" disabled=${busy === 'json'} onClick=${() => download('json')}>${t.summary.json}</button>`;
}
