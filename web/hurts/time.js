// The stretches of time that numbers are counted by.

const DAY = 86_400_000;

/** @typedef {{ start: number, size: number, number: number, per: 'day' | 'week' | 'month' }} Stretches */

/**
 * From an oldest time until now, in days, weeks or 30 days; at most some twenty of them, or as many as it takes.
 * @param {number} oldest @param {number} now @returns {Stretches}
 */
export function stretchesOf(oldest, now) {
	const days = Math.max(1, (now - oldest) / DAY);
	const [per, length] = days <= 14 ? /** @type {const} */ (['day', 1]) : days <= 140 ? /** @type {const} */ (['week', 7]) : /** @type {const} */ (['month', 30]);
	// Past some years the bars would become hairs: then they stand for several times as much.
	const times = per === 'month' ? Math.ceil(days / length / 48) : 1;
	const size = length * times * DAY;
	const number = Math.ceil(days * DAY / size);
	return { start: now - number * size, size, number, per };
}

/** In which of them a time is. @param {Stretches} stretches @param {string} time */
export function stretchOf({ start, size, number }, time) {
	return Math.max(0, Math.min(number - 1, Math.floor((Date.parse(time) - start) / size)));
}
