// One example of a pattern: a line, which opens into what came before and after.
import { wholeAddress } from '../base/address.js';
import { formatClock, formatMoment } from '../base/format.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { CopyButton } from '../parts/copy.js';
import { t } from '../texts.js';

/** @import { DocumentEvent, Example } from '../types.js' */

/** @param {DocumentEvent} event */
function tagsOf(event) {
	const tags = [];
	if (event.exception) tags.push(event.exception);
	if (event.abandonment) tags.push('abandonment');
	if (event.confusion) tags.push('confusion');
	return /** @type {Array<keyof typeof t.summary.tags>} */ (tags);
}

/** @param {{ event: DocumentEvent }} props */
const Tags = ({ event }) => tagsOf(event).map((tag) => html`<span key=${tag} class=${`tag tag-${tag}`}>${t.summary.tags[tag]}</span>`);

/** @param {string} name */
function kindName(name) {
	/** @type {Record<string, string>} */
	const names = t.summary.kinds;
	return Object.hasOwn(names, name) ? names[name] : name;
}

/** What a person did, in a word: a click says more than "interaction". @param {DocumentEvent} event */
function kindOf(event) {
	if (event.event === '$autocapture' && event.eventType) return kindName(event.eventType);
	return kindName(event.event || event.eventType);
}

/** An address without what is the same everywhere. @param {string} url */
function shortAddress(url) {
	try {
		const parsed = new URL(url);
		if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return url;
		return parsed.pathname + parsed.search + parsed.hash;
	} catch {
		return url;
	}
}

/** @param {DocumentEvent} event */
const timeOf = (event) => (event.milliseconds === null ? '' : formatClock(event.milliseconds));

/** @param {{ event: DocumentEvent, main?: boolean }} props */
const Moment = ({ event, main = false }) => html`
	<li class=${main ? 'moment moment-main' : 'moment'} aria-label=${main ? t.summary.key : undefined}>
		<span class="moment-time" title=${event.timestamp ? formatMoment(event.timestamp) : ''}>${timeOf(event)}</span>
		<div class="moment-what">
			<p dir="auto">${event.description || t.summary.noDescription}</p>
			<p class="hint moment-where">${[kindOf(event), event.clicked, event.url && shortAddress(event.url)].filter(Boolean).map((text, n) => html`
				<bdi key=${n} title=${text === shortAddress(event.url) ? event.url : undefined}>${text}</bdi>`)}</p>
			${event.exceptionText && html`<p class="moment-exception"><bdi>${event.exceptionText}</bdi></p>`}
			<p class="tags"><${Tags} event=${event} /></p>
		</div>
	</li>`;

/** @param {{ events: DocumentEvent[], title: string, nothing: string }} props */
const Stretch = ({ events, title, nothing }) => (events.length
	? html`<h5 class="visually-hidden">${title}</h5><ol class="timeline" aria-label=${title}>${events.map((event, n) => html`<${Moment} key=${n} event=${event} />`)}</ol>`
	: html`<p class="hint timeline-nothing">${nothing}</p>`);

/** @param {{ example: Example }} props */
const Opened = ({ example }) => html`
	<dl class="example-facts">
		${example.segment && html`<div><dt class="visually-hidden">${t.summary.examplesTitle}</dt><dd><bdi>${example.segment}</bdi></dd></div>`}
		${example.event.sessionId && html`<div><dt>${t.summary.session}</dt><dd><code>${example.event.sessionId}</code>
			<${CopyButton} icon="copy" text=${example.event.sessionId} label=${t.summary.copySession} /></dd></div>`}
		${example.event.person && html`<div><dt>${t.summary.person}</dt><dd><bdi>${example.event.person}</bdi></dd></div>`}
		${example.event.timestamp && html`<div><dt class="visually-hidden">${t.list.columns.when}</dt><dd>${formatMoment(example.event.timestamp)}</dd></div>`}
	</dl>
	<${Stretch} events=${example.before} title=${t.summary.before} nothing=${t.summary.nothingBefore} />
	<ol class="timeline timeline-main" aria-label=${t.summary.key}><${Moment} event=${example.event} main /></ol>
	<${Stretch} events=${example.after} title=${t.summary.after} nothing=${t.summary.nothingAfter} />`;

/** @param {Example} example */
function outcomeOf({ success }) {
	if (success === null) return { sign: '?', text: t.summary.unknownOutcome, kind: 'unknown' };
	return success ? { sign: '✓', text: t.summary.succeeded, kind: 'good' } : { sign: '✕', text: t.summary.failed, kind: 'bad' };
}

/** @param {{ example: Example, position: number, address: (more: Record<string, string | number>) => string, linked: boolean }} props */
export function ExampleItem({ example, position, address, linked }) {
	const [open, setOpen] = useState(linked);
	const item = useRef(/** @type {HTMLElement | null} */ (null));
	useEffect(() => {
		if (!linked) return;
		setOpen(true);
		item.current?.scrollIntoView({ block: 'center' });
		/** @type {HTMLElement | null} */ (item.current?.querySelector('button') ?? null)?.focus({ preventScroll: true });
	}, [linked]);
	const id = `example-${position}-${example.number}`;
	const outcome = outcomeOf(example);
	return html`
		<li ref=${item} class=${`example${linked ? ' linked' : ''}`}>
			<div class="example-head">
				<button type="button" class="example-button" aria-expanded=${open ? 'true' : 'false'} aria-controls=${id} onClick=${() => setOpen(!open)}>
					<span class="chevron" aria-hidden="true"></span>
					<span class=${`outcome outcome-${outcome.kind}`}><span aria-hidden="true">${outcome.sign}</span><span class="visually-hidden">${outcome.text}</span></span>
					<span class="example-text">
						<span class="example-what"><bdi>${example.event.description || t.summary.noDescription}</bdi></span>
						<span class="hint"><bdi>${example.outcome || outcome.text}</bdi></span>
					</span>
					<span class="example-tags"><${Tags} event=${example.event} /></span>
					<span class="example-time">${timeOf(example.event)}</span>
				</button>
				<${CopyButton} text=${() => wholeAddress(address({ pattern: position, example: example.number }))} label=${t.summary.copyExample} done=${t.linkCopied} />
			</div>
			<div id=${id} class="example-open" hidden=${!open}>${open && html`<${Opened} example=${example} />`}</div>
		</li>`;
}

