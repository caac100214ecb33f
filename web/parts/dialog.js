// A window over the page, the browser's own: it keeps the focus within and gives it back.
import { html, useLayoutEffect, useRef } from '../base/html.js';
import { t } from '../texts.js';

let numbers = 0;

/** @param {{ title: any, onClose?: () => void, children: any, wide?: boolean }} props  without onClose it stays open */
export function Dialog({ title, onClose, children, wide = false }) {
	const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
	const id = useRef(`dialog-${++numbers}`).current;
	useLayoutEffect(() => {
		const element = /** @type {HTMLDialogElement} */ (dialog.current);
		const opener = /** @type {HTMLElement | null} */ (document.activeElement);
		element.showModal();
		return () => {
			// While it is open, nothing behind it takes the focus.
			element.close();
			if (opener?.isConnected) opener.focus();
		};
	}, []);
	// A browser may close it whatever is said, at a second Escape.
	const closed = () => dialog.current && (onClose ? onClose() : dialog.current.showModal());
	/** @param {Event} event */
	const cancel = (event) => {
		event.preventDefault();
		onClose?.();
	};
	return html`
		<dialog ref=${dialog} class=${wide ? 'wide' : ''} aria-labelledby=${id} onCancel=${cancel} onClose=${closed}>
			<header>
				<h2 id=${id}>${title}</h2>
				${onClose && html`<button type="button" class="plain" aria-label=${t.close} onClick=${onClose}>✕</button>`}
			</header>
			${children}
		</dialog>`;
}
