// A summary is deleted, by its name, if it is still the one that was read.
import { go, href } from '../base/address.js';
import { oneSummary, write } from '../base/api.js';
import { html, useRef, useState } from '../base/html.js';
import { forgetAnswers } from '../base/load.js';
import { announce } from '../parts/copy.js';
import { Dialog } from '../parts/dialog.js';
import { t } from '../texts.js';
import { Problem } from './problem.js';

/** @param {{ project: string, id: string, title: string, etag: string, again: () => void, close: () => void }} props */
export function Delete({ project, id, title, etag, again, close }) {
	const [state, setState] = useState({ busy: false, error: /** @type {any} */ (null) });
	const seen = useRef({ etag, title }).current;
	const look = () => {
		forgetAnswers();
		close();
		again();
	};
	const remove = async () => {
		setState({ busy: true, error: null });
		try {
			await write(oneSummary(project, id), { method: 'DELETE', headers: { 'If-Match': seen.etag } });
			forgetAnswers();
			announce(t.change.deleted);
			go(href(['projects', project, 'summaries']), { replace: true });
		} catch (error) {
			setState({ busy: false, error });
		}
	};
	const conflict = state.error?.kind === 'conflict' || state.error?.kind === 'missing';
	return html`
		<${Dialog} title=${t.change.deleteTitle} onClose=${close}>
			<p class="delete-text"><bdi>${t.change.deleteText(seen.title)}</bdi></p>
			<${Problem} error=${state.error} project=${project} id=${id} look=${look} />
			${!conflict && html`<p class="actions">
				<button type="button" class="danger primary" disabled=${state.busy} onClick=${remove}>${state.busy ? t.change.deleting : t.change.delete}</button>
				<button type="button" onClick=${close}>${t.cancel}</button></p>`}
		<//>`;
}
