// Requests to the API of the page's own origin, and what can go wrong with them.
import { key } from './key.js';

/** @import { Query } from '../types.js' */

/** @typedef {'key' | 'forbidden' | 'missing' | 'conflict' | 'repeated' | 'invalid' | 'throttled' | 'down' | 'unreachable' | 'fault' | 'unreadable'} Kind */

// A request that has no answer by then is given up; nginx gives up after 60 s.
const PATIENCE = 75_000;

/** @type {Record<number, Kind>} */
const KINDS = {
	400: 'invalid', 401: 'key', 403: 'forbidden', 404: 'missing', 409: 'repeated', 412: 'conflict', 413: 'invalid',
	414: 'invalid', 415: 'invalid', 429: 'throttled', 502: 'down', 503: 'down', 504: 'down',
};

export class Failure extends Error {
	/** @param {Kind} kind @param {{ status?: number, detail?: string, attr?: string, retryAfter?: number }} [more] */
	constructor(kind, { status = 0, detail = '', attr = '', retryAfter = 0 } = {}) {
		super(detail || kind);
		this.kind = kind;
		this.status = status;
		this.detail = detail;
		this.attr = attr;
		this.retryAfter = retryAfter;
	}
}

/**
 * @typedef {object} Wanted
 * @property {string} [method]
 * @property {Record<string, string | number | undefined>} [query]
 * @property {string} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

/** @param {string} path @param {Wanted['query']} query */
function addressOf(path, query = {}) {
	const url = new URL(path, document.baseURI);
	for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
	return url;
}

/** @param {Response} response */
async function failureOf(response) {
	const text = await response.text().catch(() => '');
	let body;
	try {
		body = JSON.parse(text);
	} catch {
		body = null;
	}
	/** @param {string} name */
	const said = (name) => (typeof body?.[name] === 'string' ? body[name] : '');
	return new Failure(KINDS[response.status] ?? 'fault', {
		status: response.status,
		detail: said('detail') || said('message'),
		attr: said('attr'),
		retryAfter: Number(response.headers.get('Retry-After')) || 0,
	});
}

/**
 * The answer to a request, if it is one of success; else a Failure is thrown.
 * An abort by the caller throws the signal's reason.
 * @param {string} path  relative to the page: 'api/…' or 'rest/v1/…'
 * @param {Wanted} [wanted]
 */
async function send(path, { method = 'GET', query, body, headers = {}, signal } = {}) {
	const used = key.get();
	const ends = AbortSignal.timeout(PATIENCE);
	let response;
	try {
		response = await fetch(addressOf(path, query), {
			method,
			body,
			headers: { ...headers, Authorization: `Bearer ${used}` },
			signal: signal ? AbortSignal.any([signal, ends]) : ends,
			cache: 'no-store',
			credentials: 'omit',
			redirect: 'error',
			referrerPolicy: 'no-referrer',
		});
	} catch (error) {
		signal?.throwIfAborted();
		throw new Failure('unreachable', { detail: String(error) });
	}
	if (response.ok) return response;
	const failure = await failureOf(response);
	signal?.throwIfAborted();
	if (failure.kind === 'key') key.refuse(used);
	throw failure;
}

/** @param {number} seconds @param {AbortSignal} [signal] */
function pause(seconds, signal) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(resolve, seconds * 1000);
		signal?.addEventListener('abort', () => {
			clearTimeout(timer);
			reject(signal.reason);
		});
	});
}

/**
 * A reading request; one that is told when to ask again is asked again, twice at most.
 * @param {string} path
 * @param {Wanted} wanted
 */
async function read(path, wanted) {
	for (let tries = 0; ; tries++) {
		try {
			return await send(path, wanted);
		} catch (error) {
			if (!(error instanceof Failure) || !error.retryAfter || error.retryAfter > 5 || tries === 2) throw error;
			await pause(error.retryAfter, wanted.signal);
		}
	}
}

/** @param {Response} response @param {AbortSignal} [signal] */
async function json(response, signal) {
	try {
		return await response.json();
	} catch (error) {
		signal?.throwIfAborted();
		throw new Failure(error instanceof SyntaxError ? 'unreadable' : 'unreachable', { detail: String(error) });
	}
}

/** @param {string} path @param {Wanted} [wanted] @returns {Promise<any>} */
export async function get(path, wanted = {}) {
	return json(await read(path, wanted), wanted.signal);
}

/** @param {string} path @param {Wanted} [wanted] @returns {Promise<{ etag: string, value: any }>} */
export async function getWithTag(path, wanted = {}) {
	const response = await read(path, wanted);
	return { etag: response.headers.get('ETag') ?? '', value: await json(response, wanted.signal) };
}

/** @param {string} path @param {Wanted} wanted @returns {Promise<string>} */
export async function getText(path, wanted) {
	return (await read(path, wanted)).text();
}

/** @param {string} path @param {Wanted} wanted @returns {Promise<{ etag: string, value: any }>} */
export async function write(path, wanted) {
	const response = await send(path, {
		...wanted,
		headers: { ...(wanted.body === undefined ? {} : { 'Content-Type': 'application/json' }), ...wanted.headers },
	});
	const etag = response.headers.get('ETag') ?? '';
	return { etag, value: response.status === 204 ? null : await json(response, wanted.signal) };
}

/** The parameter of a link to a next page: the place where it goes on. @param {string | null} link @returns {Query | null} */
export function nextOf(link) {
	if (!link) return null;
	const query = new URL(link, document.baseURI).searchParams;
	for (const name of ['cursor', 'offset']) {
		const value = query.get(name);
		if (value) return { [name]: value };
	}
	return null;
}

/** The path of a project's summaries, or of what is below it. @param {string | number} project @param {string} [rest] */
export const summaries = (project, rest = '') =>
	`api/projects/${encodeURIComponent(project)}/session_group_summaries/${rest}`;

/** @param {string | number} project @param {string} id */
export const oneSummary = (project, id) => summaries(project, `${encodeURIComponent(id)}/`);
