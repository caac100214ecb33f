// Who the key is: its projects and what it may do there.
import { get } from './api.js';
import { key } from './key.js';
import { useLoad } from './load.js';

/** @import { Project } from '../types.js' */

/**
 * @typedef {object} Identity
 * @property {Project[]} projects  that the key may read
 * @property {boolean} mayWrite
 * @property {string} mask  of the key, to tell it from others
 */

/** @param {AbortSignal} signal */
async function readProjects(signal) {
	/** @type {Project[]} */
	const projects = [];
	for (let offset = 0; ;) {
		const page = await get('api/projects/', { query: { limit: 100, offset }, signal });
		projects.push(...page.results);
		offset += page.results.length;
		if (!page.next || !page.results.length) return projects;
	}
}

const WRITING = ['session_recording:write', '*'];

/** @param {AbortSignal} signal @returns {Promise<Identity>} */
async function readIdentity(signal) {
	const [projects, own] = await Promise.all([
		readProjects(signal),
		get('api/personal_api_keys/@current/', { signal }).catch((error) => {
			// A token has no key to tell of. What it may write is not known, so nothing is offered.
			if (error.kind === 'missing' || error.kind === 'forbidden') return {};
			throw error;
		}),
	]);
	key.prove();
	return {
		projects,
		mayWrite: Array.isArray(own.scopes) && own.scopes.some((/** @type {string} */ scope) => WRITING.includes(scope)),
		mask: typeof own.mask_value === 'string' ? own.mask_value : '',
	};
}

export const useIdentity = () => useLoad('identity', readIdentity);
