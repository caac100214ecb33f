// What stands where an answer is waited for, is empty, or did not come.
import { html, useEffect, useState } from '../base/html.js';
import { t } from '../texts.js';

/** @param {{ what?: string, slow?: boolean, rows?: number }} props */
export function Loading({ what = t.loading, slow = false, rows = 4 }) {
	return html`
		<div class="loading" role="status">
			<span class=${slow ? '' : 'visually-hidden'}>${slow ? t.slow : what}</span>
			<div aria-hidden="true">${Array.from({ length: rows }, (_, n) => html`<div key=${n} class="ghost"></div>`)}</div>
		</div>`;
}

/** @param {{ title: string, children?: any }} props */
export const Empty = ({ title, children }) => html`
	<div class="state"><h2>${title}</h2>${children}</div>`;

/** @param {any} error */
function explain(error) {
	const known = t.failures[/** @type {keyof typeof t.failures} */ (error?.kind)] ?? t.failures.broken;
	return { title: known.title, text: error?.kind && !navigator.onLine && error.kind === 'unreachable' ? t.failures.offline.text : known.text };
}

/** @param {{ error: any, again?: () => void, children?: any }} props */
export function Failed({ error, again, children }) {
	const { title, text } = explain(error);
	const detail = error?.detail && error.kind !== 'unreachable' ? error.detail : '';
	return html`
		<div class="state state-failed" role="alert">
			<h2>${title}</h2>
			<p>${text}</p>
			${detail && html`<p class="said"><span>${t.serverSaid}</span> <bdi>${detail}</bdi></p>`}
			<p class="actions">
				${again && html`<button type="button" class="primary" onClick=${again}>${t.tryAgain}</button>`}
				${children}
			</p>
		</div>`;
}

/**
 * An answer's view: the answer, also while it is asked for anew or where that failed.
 * @param {{ load: ReturnType<typeof import('../base/load.js').useLoad>, rows?: number, children: (data: any) => any }} props
 */
export function Loaded({ load, rows, children }) {
	const { data, error, slow, loading, again } = load;
	if (data === undefined) return error ? html`<${Failed} error=${error} again=${again} />` : html`<${Loading} slow=${slow} rows=${rows} />`;
	return html`
		${error && html`<${Failed} error=${error} again=${again} />`}
		${loading && slow && html`<p class="notice" role="status">${t.slow}</p>`}
		${children(data)}`;
}

/** Whether the browser has a network at all. */
export function Offline() {
	const [offline, setOffline] = useState(!navigator.onLine);
	useEffect(() => {
		const look = () => setOffline(!navigator.onLine);
		window.addEventListener('online', look);
		window.addEventListener('offline', look);
		return () => {
			window.removeEventListener('online', look);
			window.removeEventListener('offline', look);
		};
	}, []);
	return html`<div role="status">${offline && html`<p class="notice notice-offline">${t.offline}</p>`}</div>`;
}
