// The API key: in this tab's memory and its sessionStorage, which lets it survive a
// reload and ends with the tab. It is in no address, no cookie and no log.
import { makeStore } from './store.js';

const NAME = 'session_group.key';

function stored() {
	try {
		return sessionStorage.getItem(NAME) ?? '';
	} catch {
		return '';
	}
}

/** @param {string} value */
function store(value) {
	try {
		if (value) sessionStorage.setItem(NAME, value);
		else sessionStorage.removeItem(NAME);
	} catch {
		// Without storage the key lives until the page is loaded again.
	}
}

/** proven: the server knew the key; refused: it does not know it (any more). */
export const keyState = makeStore({ key: stored(), proven: false, refused: false });

export const key = {
	get: () => keyState.get().key,

	/** @param {string} value */
	use(value) {
		store(value);
		keyState.set({ ...keyState.get(), key: value, refused: false });
	},

	prove() {
		if (!keyState.get().proven) keyState.set({ ...keyState.get(), proven: true });
	},

	/** The key that a request used was refused; a newer one stays. @param {string} used */
	refuse(used) {
		if (used !== keyState.get().key) return;
		store('');
		keyState.set({ ...keyState.get(), key: '', refused: true });
	},

	forget() {
		store('');
		keyState.set({ key: '', proven: false, refused: false });
	},
};
