// Copying to the clipboard, and saying that it was done.
import { html, useEffect, useState } from '../base/html.js';
import { makeStore, useStore } from '../base/store.js';
import { t } from '../texts.js';

const said = makeStore({ text: '', number: 0 });

/** Says something in passing, also to a screen reader. @param {string} text */
export const announce = (text) => said.set({ text, number: said.get().number + 1 });

export function Announcer() {
	const { text, number } = useStore(said);
	const [shown, setShown] = useState(false);
	useEffect(() => {
		if (!number) return undefined;
		setShown(true);
		const timer = setTimeout(() => setShown(false), 6000);
		return () => clearTimeout(timer);
	}, [number]);
	return html`<div class="announcer" role="status">${shown && html`<p key=${number}>${text}</p>`}</div>`;
}

/** @param {string} text @param {string} done */
export async function copyText(text, done) {
	try {
		await navigator.clipboard.writeText(text);
		announce(done);
	} catch {
		announce(t.notCopied);
	}
}

const ICONS = {
	link: 'M6.5 9.5a3 3 0 0 0 4.3 0l2.4-2.4A3 3 0 0 0 8.9 2.8L8 3.7M9.5 6.5a3 3 0 0 0-4.3 0L2.8 8.9a3 3 0 0 0 4.3 4.3l.9-.9',
	copy: 'M5.5 5.5h7v8h-7ZM10.5 5.5v-3h-7v8h2',
};

/** @param {{ text: string | (() => string), label: string, done?: string, children?: any, icon?: keyof typeof ICONS }} props */
export function CopyButton({ text, label, done = t.copied, children, icon = 'link' }) {
	const copy = () => copyText(typeof text === 'function' ? text() : text, done);
	if (children) return html`<button type="button" class="small" onClick=${copy}>${children}</button>`;
	return html`
		<button type="button" class="plain small" aria-label=${label} title=${label} onClick=${copy}>
			<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${ICONS[icon]} /></svg>
		</button>`;
}
