// What a view has asked the API for: the answer, the failure, or that it still waits.
import { useCallback, useEffect, useState } from './html.js';
import { keyState } from './key.js';
import { useStore } from './store.js';

// Answers of before, shown at once on the way back while they are asked for anew.
const KEPT = 30;
/** @type {Map<string, any>} */
const kept = new Map();

/** @param {string} name @param {any} value */
function keep(name, value) {
	kept.delete(name);
	kept.set(name, value);
	if (kept.size > KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
}

/** Nothing that was read is known any more: another key, or a change. */
export function forgetAnswers() {
	kept.clear();
}

let known = keyState.get().key;
keyState.watch((state) => {
	if (state.key !== known && !state.refused) forgetAnswers();
	known = state.key;
});

const SLOW = 4000;
// Failures in which what was read before is still good to look at.
const PASSING = ['unreachable', 'down', 'throttled', 'fault', 'key'];

/**
 * @template T
 * @param {string} name  of what is asked for: another name asks anew; '' asks for nothing
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @returns {{ data: T | undefined, error: any, loading: boolean, slow: boolean, again: () => void }}
 */
export function useLoad(name, ask) {
	const { key } = useStore(keyState);
	const nothing = { name: '', data: undefined, error: null, loading: true, slow: false };
	const [state, setState] = useState(/** @type {any} */ (nothing));
	const [round, setRound] = useState(0);
	const again = useCallback(() => setRound((n) => n + 1), []);

	useEffect(() => {
		if (!name || !key) return undefined;
		const control = new AbortController();
		setState((/** @type {any} */ old) => ({
			name, data: old.name === name ? old.data : kept.get(name), error: null, loading: true, slow: false,
		}));
		const slow = setTimeout(() => setState((/** @type {any} */ old) => ({ ...old, slow: true })), SLOW);
		ask(control.signal)
			.then(
				(data) => {
					keep(name, data);
					setState({ name, data, error: null, loading: false, slow: false });
				},
				(error) => {
					if (control.signal.aborted) return;
					const stays = PASSING.includes(error.kind);
					if (!stays) kept.delete(name);
					const left = (/** @type {any} */ old) => (stays ? old.data : undefined);
					setState((/** @type {any} */ old) => ({ name, data: left(old), error, loading: false, slow: false }));
				},
			)
			.finally(() => clearTimeout(slow));
		return () => {
			clearTimeout(slow);
			control.abort();
		};
	}, [name, key, round]);

	if (state.name !== name) return { data: kept.get(name), error: null, loading: true, slow: false, again };
	return { data: state.data, error: state.error, loading: state.loading, slow: state.slow, again };
}
