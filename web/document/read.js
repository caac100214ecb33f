// A summary's document as PostHog stored it: an object, or a string that holds one. What
// can be read is read, whatever is around it; what can not is said in "problems".
import { rankOf, severityOf } from '../parts/severity.js';
import { t } from '../texts.js';

/** @import { DocumentEvent, Example, Pattern, ReadDocument } from '../types.js' */

/** @typedef {Record<string, unknown>} Fields */

/** What was found to be wrong. */
class Problems {
	patterns = 0;
	severities = 0;
	examples = 0;
	/** @type {Map<string, number>} */
	fields = new Map();

	/** @param {string} name */
	field(name) {
		this.fields.set(name, (this.fields.get(name) ?? 0) + 1);
	}

	said() {
		const said = [];
		if (this.patterns) said.push(t.document.patterns(this.patterns));
		if (this.severities) said.push(t.document.severities(this.severities));
		if (this.examples) said.push(t.document.examples(this.examples));
		if (this.fields.size) {
			const sum = [...this.fields.values()].reduce((a, b) => a + b);
			said.push(t.document.fields(sum, [...this.fields.keys()].join(', ')));
		}
		return said;
	}
}

/** @param {unknown} value @returns {Fields | null} */
const fieldsOf = (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? /** @type {Fields} */ (value) : null);

/** @param {Fields | null} fields @param {string} name @returns {unknown} */
const own = (fields, name) => (fields && Object.hasOwn(fields, name) ? fields[name] ?? null : null);

/** Reads the fields of one object, and counts those of a wrong type. */
class Reader {
	/** @param {Fields | null} fields @param {Problems} problems */
	constructor(fields, problems) {
		this.fields = fields;
		this.problems = problems;
	}

	/** @template T @param {string} name @param {(value: any) => boolean} fits @param {T} otherwise @returns {any} */
	take(name, fits, otherwise) {
		const value = own(this.fields, name);
		if (value === null) return otherwise;
		if (fits(value)) return value;
		this.problems.field(name);
		return otherwise;
	}

	/** @param {string} name @returns {string} */
	text(name) {
		const value = this.take(name, (one) => typeof one === 'string' || typeof one === 'number', '');
		return String(value).trim();
	}

	/** @param {string} name @returns {number | null} */
	count(name) {
		return this.take(name, (value) => Number.isFinite(value) && value >= 0, null);
	}

	/** @param {string} name @returns {number | null} */
	ratio(name) {
		return this.take(name, (value) => Number.isFinite(value) && value >= 0 && value <= 1, null);
	}

	/** @param {string} name @returns {boolean | null} */
	flag(name) {
		return this.take(name, (value) => typeof value === 'boolean', null);
	}

	/** @param {string} name @returns {unknown[]} */
	list(name) {
		return this.take(name, Array.isArray, []);
	}

	/** @param {string} name */
	object(name) {
		return new Reader(this.take(name, (value) => fieldsOf(value) !== null, null), this.problems);
	}

	/** The strings of a list, or one alone. @param {string} name @returns {string[]} */
	texts(name) {
		const value = own(this.fields, name);
		if (typeof value === 'string') return [value];
		return this.list(name).filter((one) => typeof one === 'string' || (this.problems.field(name), false)).map(String);
	}
}

/** @param {Reader} from @returns {'blocking' | 'non-blocking' | null} */
function exceptionOf(from) {
	return from.take('exception', (value) => value === 'blocking' || value === 'non-blocking', null);
}

/** @param {Reader} from @returns {DocumentEvent} */
function readEvent(from) {
	return {
		description: from.text('description'),
		sessionId: from.text('session_id'),
		person: from.text('person') || from.text('distinct_id') || from.text('person_id'),
		milliseconds: from.count('milliseconds_since_start'),
		timestamp: from.text('timestamp'),
		event: from.text('event'),
		eventType: from.text('event_type'),
		clicked: [...from.texts('elements_chain_texts'), ...from.texts('elements_chain_href')].join(' · '),
		url: from.text('current_url'),
		exception: exceptionOf(from),
		exceptionText: [...from.texts('$exception_types'), ...from.texts('$exception_values')].join(': '),
		abandonment: from.flag('abandonment') ?? false,
		confusion: from.flag('confusion') ?? false,
	};
}

/** @param {unknown[]} list @param {Problems} problems @returns {DocumentEvent[]} */
function readEvents(list, problems) {
	return list.flatMap((one) => {
		const fields = fieldsOf(one);
		if (fields) return [readEvent(new Reader(fields, problems))];
		problems.field('events');
		return [];
	});
}

/** @param {DocumentEvent} event */
const eventWords = (event) => [
	event.description, event.sessionId, event.person, event.event, event.clicked, event.url, event.exceptionText,
];

/** @param {Fields} fields @param {number} number @param {Problems} problems @returns {Example} */
function readExample(fields, number, problems) {
	const from = new Reader(fields, problems);
	return {
		number,
		segment: from.text('segment_name'),
		outcome: from.text('segment_outcome'),
		success: from.flag('segment_success'),
		before: readEvents(from.list('previous_events_in_segment'), problems),
		event: readEvent(from.object('target_event')),
		after: readEvents(from.list('next_events_in_segment'), problems),
	};
}

/** What a keyword is looked for in; put together when it is first looked for. @type {WeakMap<Example, string>} */
const exampleWords = new WeakMap();

/** @param {Example} example */
export function wordsOf(example) {
	let words = exampleWords.get(example);
	if (words === undefined) {
		const events = [...example.before, example.event, ...example.after];
		words = [example.segment, example.outcome, ...events.flatMap(eventWords)].join('\n').toLowerCase();
		exampleWords.set(example, words);
	}
	return words;
}

/** @param {unknown[]} list @param {Problems} problems @returns {Example[]} */
function readExamples(list, problems) {
	return list.flatMap((one, n) => {
		const fields = fieldsOf(one);
		if (fields) return [readExample(fields, n + 1, problems)];
		problems.examples++;
		return [];
	});
}

/** @param {Fields} fields @param {number} position @param {Problems} problems @returns {Pattern} */
function readPattern(fields, position, problems) {
	const from = new Reader(fields, problems);
	const stats = from.object('stats');
	const severity = severityOf(own(fields, 'severity'));
	if (severity === 'unknown') problems.severities++;
	const pattern = {
		position,
		name: from.text('pattern_name'),
		description: from.text('pattern_description'),
		severity,
		indicators: from.texts('indicators').filter((one) => one.trim()),
		sessionsAffected: stats.count('sessions_affected'),
		occurrences: stats.count('occurences') ?? stats.count('occurrences'),
		affectedRatio: stats.ratio('sessions_affected_ratio'),
		successRatio: stats.ratio('segments_success_ratio'),
		examples: readExamples(from.list('events'), problems),
		words: '',
	};
	pattern.words = [pattern.name, pattern.description, ...pattern.indicators].join('\n').toLowerCase();
	return pattern;
}

/** @param {unknown} summary @returns {{ value: unknown, problem?: string }} */
function parsed(summary) {
	if (summary === null || summary === undefined) return { value: null, problem: t.document.none };
	if (typeof summary !== 'string') return { value: summary };
	try {
		return { value: JSON.parse(summary) };
	} catch {
		return { value: null, problem: t.document.notJson };
	}
}

/** @param {unknown} summary @returns {ReadDocument} */
export function readDocument(summary) {
	const { value, problem } = parsed(summary);
	if (problem) return { patterns: [], problems: [problem] };
	const fields = fieldsOf(value);
	if (!fields) return { patterns: [], problems: [t.document.noObject] };
	const list = own(fields, 'patterns');
	if (!Array.isArray(list)) return { patterns: [], problems: [t.document.noList] };
	const problems = new Problems();
	const patterns = list.flatMap((one, n) => {
		const pattern = fieldsOf(one);
		if (pattern) return [readPattern(pattern, n + 1, problems)];
		problems.patterns++;
		return [];
	});
	return { patterns, problems: problems.said() };
}

/** @type {Record<string, (a: Pattern, b: Pattern) => number>} */
const ORDERS = {
	severity: (a, b) => rankOf(a.severity) - rankOf(b.severity) || ORDERS.sessions(a, b),
	sessions: (a, b) => (b.sessionsAffected ?? 0) - (a.sessionsAffected ?? 0)
		|| (b.affectedRatio ?? 0) - (a.affectedRatio ?? 0) || a.position - b.position,
};

/** @param {Pattern[]} patterns @param {string} [order] */
export const ordered = (patterns, order = 'severity') => [...patterns].sort(Object.hasOwn(ORDERS, order) ? ORDERS[order] : ORDERS.severity);

/** The sessions that the examples name. @param {Pattern[]} patterns */
export function sessionsOf(patterns) {
	return [...new Set(patterns.flatMap((pattern) => pattern.examples.map((example) => example.event.sessionId)).filter(Boolean))];
}
