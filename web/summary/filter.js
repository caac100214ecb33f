// Which examples are shown: by keyword, and by what happened in them.
import { html } from '../base/html.js';
import { Field, Select, useTyped } from '../parts/fields.js';
import { t } from '../texts.js';
import { wordsOf } from '../document/read.js';

/** @import { DocumentEvent, Example, Pattern, Query } from '../types.js' */

/** @type {Record<keyof typeof t.summary.flags, (event: DocumentEvent) => boolean>} */
export const FLAGS = {
	blocking: (event) => event.exception === 'blocking',
	nonBlocking: (event) => event.exception === 'non-blocking',
	abandonment: (event) => event.abandonment,
	confusion: (event) => event.confusion,
};

const NAMES = /** @type {Array<keyof typeof FLAGS>} */ (Object.keys(FLAGS));

/** What happened in an example, in its key event or around it. @param {Example} example @param {keyof typeof FLAGS} name */
const has = (example, name) => FLAGS[name](example.event) || example.before.some(FLAGS[name]) || example.after.some(FLAGS[name]);

/** @param {Query} query */
export function chosenFlags(query) {
	const asked = (query.flags ?? '').split(',');
	return NAMES.filter((name) => asked.includes(name));
}

/** The patterns with those of their examples that are asked for. @param {Pattern[]} patterns @param {Query} query */
export function filterPatterns(patterns, query) {
	const flags = chosenFlags(query);
	const words = (query.find ?? '').toLowerCase().trim();
	if (!flags.length && !words) {
		return { filtered: false, shown: patterns.map((pattern) => ({ pattern, examples: pattern.examples })) };
	}
	const shown = patterns.map((pattern) => ({
		pattern,
		// A keyword of the pattern itself is one of all its examples.
		examples: pattern.examples.filter((example) => (!words || wordsOf(example).includes(words) || pattern.words.includes(words))
			&& (!flags.length || flags.some((name) => has(example, name)))),
	}));
	const told = shown.filter(({ pattern, examples }) => examples.length || (!flags.length && pattern.words.includes(words)));
	return { filtered: true, shown: told };
}

/** @param {Pattern[]} patterns @returns {Record<string, number>} */
export function countFlags(patterns) {
	/** @type {Record<string, number>} */
	const counts = {};
	for (const name of NAMES) {
		counts[name] = patterns.reduce((sum, pattern) => sum + pattern.examples.filter((one) => has(one, name)).length, 0);
	}
	return counts;
}

/** @param {{ query: Query, counts: Record<string, number>, result: string, set: (changes: Record<string, string>, how?: { replace: boolean }) => void }} props */
export function Filter({ query, counts, result, set }) {
	const [find, setFind] = useTyped(query.find ?? '', (value) => set({ find: value }, { replace: true }));
	const chosen = chosenFlags(query);
	/** @param {keyof typeof FLAGS} name */
	const toggle = (name) => set({ flags: NAMES.filter((one) => (one === name) !== chosen.includes(one)).join(',') });
	return html`
		<form class="filter no-print" role="search" aria-label=${t.summary.filters} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
			<${Field} label=${t.summary.find} type="search" value=${find} onInput=${setFind} />
			<${Select} label=${t.summary.order} value=${query.order ?? 'severity'} options=${t.hurts.orders}
				onChange=${(/** @type {string} */ value) => set({ order: value === 'severity' ? '' : value })} />
			<fieldset><legend class="visually-hidden">${t.summary.filters}</legend>
				${NAMES.map((name) => html`
					<label key=${name} class="check"><input type="checkbox" checked=${chosen.includes(name)} onChange=${() => toggle(name)} />
						${t.summary.flags[name]} <span class="count">${counts[name]}</span></label>`)}
			</fieldset>
			<p class="filter-result" role="status">${result}
				${result && html` <button type="button" class="plain small" onClick=${() => set({ find: '', flags: '' })}>${t.summary.clear}</button>`}</p>
		</form>`;
}
