/* The shapes that several modules share. The API's are described in docs/http-api.md. */

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'unknown';
export type SeverityCounts = Record<Severity, number>;
export type Query = Record<string, string>;

export interface Place {
	path: string[];
	query: Query;
}

export interface Person {
	uuid: string;
	first_name: string;
	last_name: string;
	email: string;
}

export interface Project {
	id: number;
	name: string;
	timezone?: string;
}

export interface ListItem {
	id: string;
	title: string;
	session_count: number;
	created_at: string;
	created_by: Person | null;
}

export interface Page<T> {
	count: number;
	next: string | null;
	previous: string | null;
	results: T[];
}

/** What the API says of a summary as a whole. */
export interface SummaryObject {
	id: string;
	title: string;
	session_ids: string[];
	summary: unknown;
	extra_summary_context: Record<string, unknown> | null;
	run_metadata: Record<string, unknown> | null;
	created_at: string;
	created_by: Person | null;
	team: number;
}

/** A pattern as GET …/patterns/ gives it. */
export interface FoundPattern {
	summary: { id: string; title: string; created_at: string };
	position: number;
	name: string | null;
	description: string | null;
	severity: string | null;
	indicators: string[];
	sessions_affected: number | null;
	occurrences: number | null;
	sessions_affected_ratio: number | null;
	segments_success_ratio: number | null;
	examples: number;
}

export interface ActivityRecord {
	seq: number;
	summary_id: string;
	activity: 'created' | 'updated' | 'deleted';
	user: Person | null;
	api_key: string | null;
	how: string;
	changes: Array<Record<string, unknown> & { field: string }>;
	at: string;
}

/** What can be read of an event in a document. */
export interface DocumentEvent {
	description: string;
	sessionId: string;
	person: string;
	milliseconds: number | null;
	timestamp: string;
	event: string;
	eventType: string;
	clicked: string;
	url: string;
	exception: 'blocking' | 'non-blocking' | null;
	exceptionText: string;
	abandonment: boolean;
	confusion: boolean;
}

export interface Example {
	number: number;
	segment: string;
	outcome: string;
	success: boolean | null;
	before: DocumentEvent[];
	event: DocumentEvent;
	after: DocumentEvent[];
}

export interface Pattern {
	position: number;
	name: string;
	description: string;
	severity: Severity;
	indicators: string[];
	sessionsAffected: number | null;
	occurrences: number | null;
	affectedRatio: number | null;
	successRatio: number | null;
	examples: Example[];
	words: string;
}

/** A document as far as it can be read, and what could not be. */
export interface ReadDocument {
	patterns: Pattern[];
	problems: string[];
}
