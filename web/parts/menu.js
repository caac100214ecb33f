// A button that unfolds some others.
import { html, useEffect, useRef } from '../base/html.js';

/** @param {{ label: string, children: any }} props */
export function Menu({ label, children }) {
	const menu = useRef(/** @type {HTMLDetailsElement | null} */ (null));
	useEffect(() => {
		/** @param {Event} event */
		const leave = (event) => {
			const element = menu.current;
			if (!element?.open) return;
			if (event instanceof KeyboardEvent) {
				if (event.key !== 'Escape') return;
				element.querySelector('summary')?.focus();
			} else if (element.contains(/** @type {Node} */ (event.target))) {
				return;
			}
			element.open = false;
		};
		document.addEventListener('click', leave);
		document.addEventListener('keydown', leave);
		return () => {
			document.removeEventListener('click', leave);
			document.removeEventListener('keydown', leave);
		};
	}, []);
	return html`<details class="menu" ref=${menu}><summary class="button small">${label}</summary><div class="menu-items">${children}</div></details>`;
}
