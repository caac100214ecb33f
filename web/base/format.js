// Numbers and times as people read them.
import { t } from '../texts.js';

const number = new Intl.NumberFormat('en');
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const moment = new Intl.DateTimeFormat('en-GB', {
	day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit',
});

/** @param {number} value */
export const formatNumber = (value) => number.format(value);

/** @param {number | null} ratio */
export const formatRatio = (ratio) => (ratio === null ? t.none : `${Math.round(ratio * 100)} %`);

/** @param {string | number | Date} time @param {Intl.DateTimeFormat} form */
function format(time, form) {
	const date = new Date(time);
	return Number.isNaN(date.valueOf()) ? String(time) : form.format(date);
}

/** @param {string | number | Date} time */
export const formatDay = (time) => format(time, day);
/** @param {string | number | Date} time */
export const formatShortDay = (time) => format(time, shortDay);
/** @param {string | number | Date} time */
export const formatMoment = (time) => format(time, moment);

/** From the start of a session, such as 5:06 or 1:02:03. @param {number} milliseconds */
export function formatClock(milliseconds) {
	const all = Math.max(0, Math.floor(milliseconds / 1000));
	const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
	const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
	return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
	if (bytes < 1000) return `${bytes} B`;
	if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
	return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {import('../types.js').Person | null} person */
export function formatPerson(person) {
	if (!person) return t.nobody;
	return `${person.first_name ?? ''} ${person.last_name ?? ''}`.trim() || person.email || t.nobody;
}
