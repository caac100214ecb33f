// A value that several parts of the page look at.
import { useEffect, useState } from './html.js';

/**
 * @template T
 * @param {T} initial
 */
export function makeStore(initial) {
	let value = initial;
	/** @type {Set<(value: T) => void>} */
	const watchers = new Set();
	return {
		get: () => value,
		/** @param {T} next */
		set(next) {
			value = next;
			for (const watcher of [...watchers]) watcher(value);
		},
		/** @param {(value: T) => void} watcher */
		watch(watcher) {
			watchers.add(watcher);
			return () => void watchers.delete(watcher);
		},
	};
}

/**
 * @template T
 * @param {ReturnType<typeof makeStore<T>>} store
 * @returns {T}
 */
export function useStore(store) {
	const [value, setValue] = useState(store.get());
	useEffect(() => {
		setValue(() => store.get());
		return store.watch((next) => setValue(() => next));
	}, [store]);
	return value;
}
