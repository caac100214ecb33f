// What was pasted or dropped, as the API takes it: a whole summary, or only its document.
import { readDocument, sessionsOf } from '../document/read.js';
import { t } from '../texts.js';

/** @import { ReadDocument } from '../types.js' */

const FIELDS = ['title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata'];

/** @typedef {{ problem: string, fields?: Record<string, unknown>, document?: ReadDocument }} Draft */

/** @param {string} text @returns {Draft} */
export function readDraft(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return { problem: t.create.notJson(String(/** @type {Error} */ (error).message)) };
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: t.create.noObject };
	if (Array.isArray(value.patterns)) {
		const document = readDocument(value);
		return { problem: '', document, fields: { session_ids: sessionsOf(document.patterns).slice(0, 1000), summary: value } };
	}
	/** @type {Record<string, unknown>} */
	const fields = {};
	for (const name of FIELDS) if (Object.hasOwn(value, name)) fields[name] = value[name];
	return { problem: '', document: readDocument(fields.summary), fields };
}

/** The body of the request. @param {Record<string, unknown>} fields @param {string} title */
export const bodyOf = (fields, title) => JSON.stringify(title.trim() ? { ...fields, title } : fields);
