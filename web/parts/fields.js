// Fields with their labels.
import { html, useEffect, useRef, useState } from '../base/html.js';

let numbers = 0;
const useId = () => useRef(`field-${++numbers}`).current;

/** @param {{ label: string, value: string, options: Record<string, string>, onChange: (value: string) => void }} props */
export function Select({ label, value, options, onChange }) {
	const id = useId();
	return html`
		<div class="field">
			<label for=${id}>${label}</label>
			<select id=${id} value=${value} onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
				${Object.entries(options).map(([name, text]) => html`<option key=${name} value=${name} selected=${name === value}>${text}</option>`)}
			</select>
		</div>`;
}

/** @param {{ label: string, value: string, type?: string, placeholder?: string, wide?: boolean, onInput: (value: string) => void }} props */
export function Field({ label, value, type = 'text', placeholder, wide = false, onInput }) {
	const id = useId();
	return html`
		<div class=${wide ? 'field field-wide' : 'field'}>
			<label for=${id}>${label}</label>
			<input id=${id} type=${type} value=${value} placeholder=${placeholder} autocomplete="off" spellcheck="false"
				onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} />
		</div>`;
}

const PAUSE = 250;

/**
 * What is being typed, and passed on when the typing pauses.
 * @param {string} value  as it is known elsewhere
 * @param {(value: string) => void} pass
 * @returns {[string, (value: string) => void]}
 */
export function useTyped(value, pass) {
	const [typed, setTyped] = useState(value);
	const passed = useRef(value);
	const timer = useRef(/** @type {any} */ (0));
	useEffect(() => {
		// It came from elsewhere, such as the back button.
		if (value !== passed.current) {
			clearTimeout(timer.current);
			passed.current = value;
			setTyped(value);
		}
	}, [value]);
	useEffect(() => () => clearTimeout(timer.current), []);
	return [typed, (next) => {
		setTyped(next);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => {
			passed.current = next;
			pass(next);
		}, PAUSE);
	}];
}
